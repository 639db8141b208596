//! Where a reader wanted to go before signing in: local pages only.

/// Longest address kept.
const ADDRESS_MAX: usize = 200;

/// The address, when it is a page of ours; everything else is `/app`.
///
/// A page of ours begins with `/app`, which no browser reads as another host; `\` and signs below space are refused because some
/// browsers change them.
#[must_use]
pub fn local(address: &str) -> &str {
    let rest = address.strip_prefix("/app");
    let is_page = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let is_plain = address.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    // Signing in or out again is never where somebody wanted to go.
    let is_door = ["/app/sign-", "/app/start", "/app/practice"].iter().any(|door| address.starts_with(door));
    if is_page && is_plain && !is_door && !address.contains("//") && !address.contains("..") && address.len() <= ADDRESS_MAX {
        address
    } else {
        "/app"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_pages_are_returned_to() {
        for good in ["/app", "/app/clusters/KAB", "/app/clusters/KAB/members/4/statement?month=2025-10", "/app?x=1"] {
            assert_eq!(local(good), good);
        }
        let long = format!("/app/{}", "x".repeat(300));
        for bad in [
            "",
            "/",
            "//evil.example",
            "/app//evil",
            "https://evil.example/app",
            "/apple",
            "/app/\\evil",
            "/app/\r\nx",
            "/app/../x",
            "/app/sign-out",
            &long,
        ] {
            assert_eq!(local(bad), "/app", "{bad}");
        }
    }
}
