//! What the build refuses in the message files: the same functions, over small files.

#[path = "../src/gsm7.rs"]
#[expect(dead_code, reason = "the build asks for single characters only")]
mod gsm7;
#[path = "../build/read.rs"]
mod read;

fn faults(english: &str, bemba: &str) -> Vec<String> {
    let file = |name: &str, text: &str| [(name.to_owned(), text.to_owned())];
    let (english, mut faults) = read::read(&file("en/a.ftl", english), false);
    let (bemba, more) = read::read(&file("bem/a.ftl", bemba), true);
    faults.extend(more);
    faults.extend(read::differences(&english, &bemba));
    faults
}

#[test]
fn good_files_pass() {
    let english = "# x\na-b = Text{\"\\u00A0\"}x\nc = { $count ->\n    [one] { $name } one\n   *[other] many\n}\n";
    let bemba = "# DRAFT\na-b = Ifyebo\nc = { $name } { $count }\n";
    assert_eq!(faults(english, bemba), Vec::<String>::new());
    assert_eq!(faults(english, &bemba.replace("DRAFT", "REVIEWED by two speakers")), Vec::<String>::new());
}

#[test]
fn each_fault_is_named() {
    let draft = "# DRAFT\n";
    for (english, bemba, part) in [
        ("a = x\n", "a = y\n", "a translation begins with"),
        ("a = x\n", "# DRAFT\nb = y\n", "bem/a.ftl: b: English has no such message"),
        ("a = { $name }\n", "# DRAFT\na = y\n", "bem/a.ftl: a: its arguments are [], in English they are [$name]"),
        ("a = { $name }\n", "# DRAFT\na = { $nmae }\n", "its arguments are [$nmae]"),
        ("a = x\n", "# DRAFT\na = \u{14b}\n", "cannot be received by every phone"),
        ("sms-a = \u{2018}x\u{2019}\n", draft, "cannot be received by every phone"),
        ("a = x\na = y\n", draft, "another message has this key"),
        ("a-b = x\na_b = y\n", draft, "another message has this key"),
        ("a = { b }\n", draft, "only arguments and choices"),
        ("a = { NUMBER($count) }\n", draft, "only arguments and choices"),
        ("-a = x\n", draft, "a term"),
        ("a = x\n    .b = y\n", draft, "no attributes"),
        ("continue = x\n", draft, "cannot be a method"),
        ("a = { $Name }\n", draft, "arguments are small letters"),
        ("a = x\nb = { $name\n", draft, "en/a.ftl:"),
    ] {
        let found = faults(english, bemba);
        assert!(found.iter().any(|f| f.contains(part)), "{english:?} {bemba:?}: {found:?}");
    }
}
