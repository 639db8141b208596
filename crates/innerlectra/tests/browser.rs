//! The pages in a real Chromium, at the width of a phone and of a desk, in light and dark: no sideways scroll, no script or policy error,
//! targets big enough for a thumb, and the same figures in the picture as in its table. Pictures are kept in the build folder.

mod driver;

use driver::{Browser, Demo};
use serde_json::{Value, json};

/// Pages before signing in.
const OPEN_PAGES: [&str; 6] = ["/app", "/app/start", "/app/start/phone", "/app/sign-in", "/app/pin", "/app/sms"];

/// Pages of the treasurer of the practice group, who sees the most.
const PAGES: [&str; 16] = [
    "/app",
    "/app/clusters/KAB",
    "/app/clusters/KAB/members",
    "/app/clusters/KAB/members/1",
    "/app/clusters/KAB/members/4",
    "/app/clusters/KAB/members/1/statement",
    "/app/clusters/KAB/days/2025-09-20",
    "/app/clusters/KAB/group",
    "/app/clusters/KAB/book",
    "/app/clusters/KAB/trade/between",
    "/app/clusters/KAB/trade/between/offer",
    "/app/me",
    "/app/sessions",
    "/app/notices",
    "/app/start/group?code=KAB",
    "/app/start/found?preset=village",
];

/// What a page says of itself.
const LOOK: &str = r"
    const small = [...document.querySelectorAll('a, button, summary, select')].filter(e => {
        const r = e.getBoundingClientRect();
        const inline = getComputedStyle(e).display === 'inline';
        return r.width > 0 && r.height > 0 && r.height < 24 && !inline && !e.closest('svg') && !e.classList.contains('skip');
    }).map(e => e.outerHTML.slice(0, 80));
    return {
        overflow: document.documentElement.scrollWidth - window.innerWidth,
        headline: document.querySelector('h1') ? document.querySelector('h1').innerText : '',
        small,
        unlabelled: [...document.querySelectorAll('svg.chart')].filter(s => !s.getAttribute('aria-label') && s.getAttribute('aria-hidden') !== 'true').length,
        ground: getComputedStyle(document.body).backgroundColor,
    };
";

#[test]
fn pages_fit_a_phone_and_a_desk_in_light_and_dark() {
    let demo = Demo::start(&["--only", "KAB"]);
    let mut browser = Browser::start();
    let mut grounds = Vec::new();
    for (width, height) in [(320, 640), (360, 740), (1280, 800)] {
        for theme in ["light", "dark"] {
            browser
                .cdp("Emulation.setDeviceMetricsOverride", json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}));
            browser.cdp("Emulation.setEmulatedMedia", json!({"features": [{"name": "prefers-color-scheme", "value": theme}]}));
            browser.forget();
            for page in OPEN_PAGES {
                grounds.push((theme, look(&mut browser, &demo, page, width, theme)));
            }
            look_around(&mut browser, &demo);
            for page in PAGES {
                grounds.push((theme, look(&mut browser, &demo, page, width, theme)));
            }
        }
    }
    let ground = |theme| grounds.iter().find(|(of, _)| *of == theme).map(|(_, ground)| ground.clone());
    assert_ne!(ground("light"), ground("dark"), "dark looks like light");
}

/// Signs in as the practice group's treasurer.
fn look_around(browser: &mut Browser, demo: &Demo) {
    browser.open(&format!("{}/app", demo.address));
    browser.press("form[action='/app/practice']:has(input[name='person'][value='1']) button");
    browser.arrives("/app/clusters/KAB");
}

/// Opens a page and holds it to everything; gives its ground colour.
fn look(browser: &mut Browser, demo: &Demo, page: &str, width: i64, theme: &str) -> Value {
    let at = format!("{page} at {width} px, {theme}");
    browser.open(&format!("{}{page}", demo.address));
    let seen = browser.script(LOOK);
    assert!(seen["overflow"].as_i64().is_some_and(|overflow| overflow <= 0), "{at} scrolls sideways: {seen}");
    assert!(seen["headline"].as_str().is_some_and(|text| !text.is_empty()), "{at} has no headline");
    assert_eq!(seen["small"], json!([]), "{at} has targets below 24 px");
    assert_eq!(seen["unlabelled"], json!(0), "{at} has a chart without words");
    let errors = browser.errors();
    assert!(errors.is_empty(), "{at}: {errors:?}");
    // What the rules look at changes with the theme and between phone and desk, not between phones.
    if width != 320 {
        let found = browser.axe();
        assert!(found.is_empty(), "{at}: {found:#?}");
    }
    let name: String = page.trim_matches('/').chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    browser.picture(&format!("{name}-{width}-{theme}"));
    seen["ground"].clone()
}

/// The narrowest phone, in every language, with everything opened that opens.
#[test]
fn nothing_scrolls_sideways_in_any_language() {
    let demo = Demo::start(&["--only", "KAB"]);
    let mut browser = Browser::start();
    browser.cdp("Emulation.setDeviceMetricsOverride", json!({"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true}));
    look_around(&mut browser, &demo);
    for language in domain::Language::ALL {
        browser.open(&format!("{}/app/me", demo.address));
        browser.script(&format!("const b = document.querySelector('.langs button[value=\"{language}\"]'); if (b) b.click();"));
        browser.shows(language.own_name());
        for page in PAGES {
            browser.open(&format!("{}{page}", demo.address));
            let seen = browser.script(
                "document.querySelectorAll('details').forEach(d => d.open = true);
                return [document.documentElement.lang, document.documentElement.scrollWidth - window.innerWidth];",
            );
            assert_eq!(seen[0], json!(language.as_str()), "{page}");
            assert!(seen[1].as_i64().is_some_and(|overflow| overflow <= 0), "{page} in {language} scrolls sideways: {seen}");
        }
    }
}

/// The energy bar as drawn: what goes in is as long as what goes out, and both are what the table says.
#[test]
fn in_is_out_on_the_page() {
    let demo = Demo::start(&["--only", "KAB"]);
    let mut browser = Browser::start();
    look_around(&mut browser, &demo);
    let seen = browser.script(
        r"
        const lines = [...document.querySelectorAll('.flow .flow__line span:first-child')].map(e => e.innerText.replace(/[^0-9]/g, ''));
        const bars = [...document.querySelectorAll('.flow > svg')].map(svg => [...svg.querySelectorAll('rect[class^=c-]:not(.plate)')]
            .reduce((sum, r) => sum + r.getBoundingClientRect().width, 0));
        return { lines, bars, width: document.querySelector('.flow svg').getBoundingClientRect().width };
        ",
    );
    let lines: Vec<i64> = seen["lines"].as_array().into_iter().flatten().filter_map(Value::as_str).filter_map(|text| text.parse().ok()).collect();
    assert!(lines.len() == 2 && lines[0] == lines[1] && lines[0] > 0, "{seen}");
    let (width, bars) = (seen["width"].as_f64().unwrap_or(0.0), seen["bars"].as_array().cloned().unwrap_or_default());
    assert_eq!(bars.len(), 2, "{seen}");
    for bar in bars {
        let drawn = bar.as_f64().unwrap_or(0.0);
        assert!(drawn <= width && drawn > width * 0.9, "a bar of {drawn} in {width}: {seen}");
    }
}
