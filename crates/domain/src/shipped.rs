//! The region files that come with the program, inside it: no file has to be found at run time.

use crate::region::{Region, RegionError};

/// Code and text of each file in `regions/`, sorted by code.
const SHIPPED: [(&str, &str); 4] = [
    ("copperbelt", include_str!("../../../regions/copperbelt.toml")),
    ("kabwe", include_str!("../../../regions/kabwe.toml")),
    ("lusaka", include_str!("../../../regions/lusaka.toml")),
    ("rural", include_str!("../../../regions/rural.toml")),
];

impl Region {
    /// The codes of the regions that come with the program, sorted.
    pub fn shipped_codes() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|&(code, _)| code)
    }

    /// The shipped region of this code; `None` when there is none.
    ///
    /// # Errors
    /// [`RegionError`] when the shipped file is wrong, which a test excludes.
    pub fn shipped(code: &str) -> Result<Option<Self>, RegionError> {
        SHIPPED.iter().find(|(known, _)| *known == code).map(|(_, text)| Self::parse(text)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_region_is_read_under_its_own_code() {
        for code in Region::shipped_codes() {
            let region = Region::shipped(code).expect(code).expect(code);
            assert_eq!(region.code, code);
            assert!(!region.tariffs.is_empty(), "{code} has a tariff");
        }
        assert_eq!(Region::shipped("atlantis"), Ok(None));
    }

    #[test]
    fn every_region_file_is_shipped() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regions");
        let mut codes: Vec<String> = std::fs::read_dir(folder)
            .expect("the regions folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        codes.sort();
        assert_eq!(codes, Region::shipped_codes().collect::<Vec<_>>());
    }
}
