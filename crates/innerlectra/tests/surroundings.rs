//! Bad surroundings of the whole program: each ends with the exit code that fits, one error with a stable code, a next step that helps, and
//! nothing half-done.

mod program;

use program::{Ended, Folder, Running, ended, run};
use std::path::Path;
use std::process::Command;

const DEMO: [&str; 7] = ["demo", "--no-serve", "--only", "KAB", "--days", "2", "--database"];

/// A small settled database at `url`.
fn settled(url: &str) {
    run(&[&DEMO[..], &[url]].concat()).good();
}

fn verified(url: &str) -> String {
    run(&["verify", "--json", "--database", url]).good().out
}

#[test]
fn a_second_server_is_refused_and_readers_are_not() {
    let folder = Folder::new("locked");
    let database = folder.file("village.db");
    settled(&database);
    let before = verified(&database);
    let (server, _) = Running::start_until_line(&["serve", "--no-settle", "--listen", "127.0.0.1:0", "--database", &database], "http://");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/zambia/sample_2days.csv");
    for args in [
        vec!["serve", "--listen", "127.0.0.1:0", "--database", &database],
        vec!["demo", "--no-serve", "--database", &database],
        vec!["migrate", "--database", &database],
        vec!["import", sample, "--cluster", "KAB", "--database", &database],
        vec!["settle", "--database", &database],
    ] {
        let refused = run(&args);
        refused.refused(3, "database_locked", "stop that one");
        assert!(refused.err.contains("(process "), "it says who: {}", refused.err);
    }
    // Another name of the same file meets the same lock.
    let other = folder.file("other.db");
    std::os::unix::fs::symlink(&database, &other).expect("links");
    run(&["migrate", "--database", &other]).refused(3, "database_locked", "stop that one");
    // Reading goes on beside a server.
    assert_eq!(verified(&database), before);
    run(&["clusters", "--database", &database]).good();
    run(&["backup", &folder.file("live.backup"), "--database", &database]).good();
    server.terminate().good();
    run(&["migrate", "--database", &database]).good();
    assert_eq!(verified(&database), before);
}

#[test]
fn other_versions_are_refused() {
    for database in [test_kit::sqlite(), test_kit::postgres()] {
        let url = database.url();
        run(&["migrate", "--database", url]).good();
        database.set_schema_version(999);
        let file = std::env::temp_dir().join(format!("innerlectra-newer-{}.backup", std::process::id()));
        let file = file.to_str().expect("text");
        for args in [&["verify"][..], &["migrate"], &["serve", "--listen", "127.0.0.1:0"], &["settle"], &["clusters"], &["backup", file]] {
            run(&[args, &["--database", url]].concat()).refused(2, "database_newer", "install the newer program");
        }
        assert!(!Path::new(file).exists(), "nothing is begun");
        // A reader does not change an older one, it says who does.
        database.set_schema_version(0);
        run(&["verify", "--database", url]).refused(2, "database_older", "innerlectra migrate");
    }
}

#[test]
fn what_is_no_database_is_left_alone() {
    let folder = Folder::new("foreign");
    let (text, empty) = (folder.file("notes.txt"), folder.file("empty.db"));
    std::fs::write(
        &text,
        "not a database, and longer than a header of one hundred bytes, so that it is looked at and refused for what it is\n".repeat(3),
    )
    .expect("writes");
    let content = std::fs::read(&text).expect("reads");
    for args in [["verify", "--database", &text], ["migrate", "--database", &text], ["settle", "--database", &text]] {
        run(&args).refused(2, "not_a_database", "check the path");
    }
    run(&["restore", &text, "--database", &empty]).refused(2, "backup_damaged", "another copy");
    assert_eq!(std::fs::read(&text).expect("reads"), content);
    assert!(!Path::new(&empty).exists(), "a damaged backup is refused before a database is made");
}

#[test]
fn wrong_addresses_are_named() {
    let folder = Folder::new("addresses");
    let missing = folder.file("missing.db");
    run(&["verify", "--database", &missing]).refused(3, "database_unopenable", "check that the folder exists");
    run(&["clusters", "--database", &missing]).refused(3, "database_unopenable", "check that the folder exists");
    assert!(folder.names().is_empty(), "a reader makes no file: {:?}", folder.names());
    run(&["migrate", "--database", &folder.file("no/such/folder.db")]).refused(3, "database_unopenable", "check that the folder exists");
    run(&["migrate", "--database", folder.path().to_str().expect("text")]).refused(3, "database_unopenable", "check that the folder exists");
    run(&["verify", "--database", ""]).refused(2, "invalid_url", "postgres://");
    let secret = run(&["verify", "--database", "mysql://u:geheim@h/d"]);
    secret.refused(2, "invalid_url", "postgres://");
    assert!(!secret.err.contains("geheim"));
    run(&["verify", "--database", "postgres://u@db.example.org/d"]).refused(2, "tls_required", "sslmode=disable");
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|taken| taken.local_addr()).expect("a port").port();
    let absent = format!("postgres://u@127.0.0.1:{port}/d");
    run(&["verify", "--database", &absent]).refused(3, "database_unreachable", "check that the server runs");
    run(&["serve", "--listen", "127.0.0.1:0", "--database", &absent]).refused(3, "database_unreachable", "check that the server runs");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn what_is_not_there_is_named() {
    let folder = Folder::new("unknown");
    let database = folder.file("village.db");
    settled(&database);
    let before = verified(&database);
    let readings = folder.file("readings.csv");
    std::fs::write(&readings, "meter_id,interval_start,consumption_wh,generation_wh\n").expect("writes");
    run(&["verify", "--cluster", "XYZ", "--database", &database]).refused(2, "cluster_unknown", "innerlectra clusters");
    run(&["settle", "--cluster", "XYZ", "--database", &database]).refused(2, "cluster_unknown", "innerlectra clusters");
    run(&["import", &readings, "--cluster", "XYZ", "--database", &database]).refused(2, "cluster_unknown", "innerlectra clusters");
    run(&["import", &folder.file("none.csv"), "--cluster", "KAB", "--database", &database]).refused(2, "file_not_found", "check the path");
    run(&["restore", &folder.file("none.backup"), "--database", &folder.file("new.db")]).refused(2, "file_not_found", "check the path");
    assert!(!folder.names().contains(&"new.db".to_owned()));
    run(&["demo", "--only", "XYZ", "--database", &database]).refused(2, "usage", "--help");
    run(&["verify", "--cluster", "no such code", "--database", &database]).refused(2, "cluster_code_invalid", "innerlectra clusters");
    assert_eq!(verified(&database), before);
}

#[test]
fn a_port_is_refused_before_any_work() {
    let folder = Folder::new("ports");
    let database = folder.file("village.db");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for server in ["serve", "demo"] {
        run(&[server, "--listen", &address, "--database", &database]).refused(3, "listen_failed", "--listen 127.0.0.1:PORT");
        for open in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
            run(&[server, "--listen", open, "--database", &database]).refused(2, "listen_not_loopback", "127.0.0.1");
        }
        run(&[server, "--listen", "8080", "--database", &database]).refused(2, "usage", "--help");
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn backups_are_refused_when_damaged_and_targets_when_filled() {
    let folder = Folder::new("backups");
    let (database, file, target) = (folder.file("village.db"), folder.file("village.backup"), folder.file("target.db"));
    settled(&database);
    let before = verified(&database);
    run(&["backup", &file, "--database", &database]).good();
    let whole = std::fs::read(&file).expect("reads");
    let damaged = folder.file("damaged.backup");
    let mut altered = whole.clone();
    altered[whole.len() / 2] ^= 1;
    for bytes in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], &altered, &whole[..0]] {
        std::fs::write(&damaged, bytes).expect("writes");
        run(&["restore", &damaged, "--database", &target]).refused(2, "backup_damaged", "another copy");
        assert!(!Path::new(&target).exists(), "refused before a database is made");
    }
    run(&["restore", &file, "--database", &database]).refused(2, "restore_not_empty", "restore into an empty one");
    assert_eq!(verified(&database), before);
    let server = test_kit::postgres();
    run(&["restore", &file, "--database", server.url()]).good();
    assert_eq!(verified(server.url()), before);
    run(&["restore", &file, "--database", server.url()]).refused(2, "restore_not_empty", "restore into an empty one");
    assert_eq!(verified(server.url()), before);
    // Nowhere to write to: the old backup stays.
    run(&["backup", &folder.file("no/such/folder"), "--database", &database]).refused(3, "backup_unopenable", "check the path");
    assert_eq!(std::fs::read(&file).expect("reads"), whole);
}

/// The program as a user whom the rights of files bind.
struct Nobody(Folder);

impl Nobody {
    fn new() -> Self {
        let folder = Folder::new("nobody");
        // The program itself may lie where only root looks.
        std::fs::copy(env!("CARGO_BIN_EXE_innerlectra"), folder.file("innerlectra")).expect("copies the program");
        Self(folder)
    }

    fn run(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(if is_root() { "setpriv" } else { "env" });
        if is_root() {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        ended(command.arg(self.0.file("innerlectra")).args(args).env_remove("INNERLECTRA_DATABASE"))
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.starts_with(b"0\n")
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("rights");
    let database = folder.file("village.db");
    settled(&database);
    let before = verified(&database);
    let rights = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("rights");
    for name in folder.names() {
        rights(&folder.path().join(name), 0o444);
    }
    rights(folder.path(), 0o555);
    let (new, nobody) = (folder.file("new.db"), Nobody::new());
    nobody.run(&["migrate", "--database", &new]).refused(3, "database_unopenable", "may be written");
    nobody.run(&["migrate", "--database", &database]).refused(3, "database_unopenable", "may be written");
    nobody.run(&["settle", "--database", &database]).refused(3, "database_unopenable", "may be written");
    nobody.run(&["backup", &folder.file("new.backup"), "--database", &database]).refused(3, "database_unopenable", "may be written");
    rights(folder.path(), 0o755);
    for name in folder.names() {
        rights(&folder.path().join(name), 0o644);
    }
    assert_eq!(verified(&database), before);
}

fn root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}

/// A file system of `kib` KiB, gone with this.
struct Disk(Folder);

impl Disk {
    fn new(name: &str, kib: u32) -> Self {
        let folder = Folder::new(name);
        let options = format!("size={kib}k,mode=777");
        let mounted = root("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "this test needs a small disk: run it as root, or as one who may sudo");
        Self(folder)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What stays mounted is empty and in the temporary folder.
        let _ = root("umount").arg(self.0.path()).status();
    }
}

/// The rest of the disk, so that only `free` bytes are left.
fn fill(disk: &Disk, free: u64) -> String {
    let filler = disk.0.file("filler");
    let zeros = vec![0u8; 4096];
    let mut file = std::fs::File::create(&filler).expect("creates");
    let mut written = 0u64;
    while std::io::Write::write_all(&mut file, &zeros).is_ok() {
        written += 4096;
    }
    file.set_len(written.saturating_sub(free)).expect("shrinks");
    filler
}

#[test]
fn a_full_disk_is_told_and_gone_on_from() {
    let disk = Disk::new("full", 48 * 1024);
    let (database, backup) = (disk.0.file("village.db"), disk.0.file("village.backup"));
    let demo = |url: &str| run(&["demo", "--no-serve", "--json", "--only", "KAB", "--days", "8", "--database", url]);
    let elsewhere = Folder::new("not-full");
    let wanted = demo(&elsewhere.file("village.db")).json();
    let mut full = 0;
    for free in [0, 64, 160, 320, 480, 640] {
        let filler = fill(&disk, free << 10);
        let ended = demo(&database);
        if ended.code == Some(0) {
            assert_eq!(ended.json(), wanted);
        } else {
            let said: Vec<&str> = ended.err.lines().filter(|line| line.starts_with("error[") || line.starts_with("next: ")).collect();
            Ended { code: ended.code, out: ended.out.clone(), err: said.join("\n") }.refused(3, "disk_full", "free some space");
            full += 1;
        }
        std::fs::remove_file(&filler).expect("removes");
        if Path::new(&database).exists() && run(&["migrate", "--database", &database]).code == Some(0) {
            assert!(verified(&database).contains("\"sound\":true"));
        }
    }
    assert!(full >= 3, "the disk was full {full} times");
    assert_eq!(demo(&database).json(), wanted);
    // A backup that does not fit leaves the old one.
    run(&["backup", &backup, "--database", &database]).good();
    let old = std::fs::read(&backup).expect("reads");
    let filler = fill(&disk, 8 << 10);
    run(&["backup", &backup, "--database", &database]).refused(3, "disk_full", "free some space");
    assert_eq!(std::fs::read(&backup).expect("reads"), old);
    assert!(!disk.0.names().contains(&"village.backup.partial".to_owned()));
    std::fs::remove_file(&filler).expect("removes");
    run(&["backup", &backup, "--database", &database]).good();
}
