//! Clusters, connections, meters and assets: the closed lists of words.

/// A word that is not on its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {list}: use one of {choices}")]
pub struct UnknownWord {
    /// The list looked at.
    pub list: &'static str,
    /// The word given.
    pub text: String,
    /// What may be said.
    pub choices: String,
}

impl UnknownWord {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "word_unknown"
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $list:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every word of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as stored and shown in programs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Parses the word.
            ///
            /// # Errors
            /// [`UnknownWord`] names the words there are.
            pub fn parse(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord {
                        list: $list,
                        text: text.chars().take(40).collect(),
                        choices: [$($word),+].join(", "),
                    }),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(
    /// What kind of community a cluster is.
    ClusterKind, "cluster kind" {
        /// 10-25 households with one solar installation.
        Micro = "micro",
        /// 50-100 prosumers with many panels and inverters.
        Neighborhood = "neighborhood",
        /// 1-2 independent power producers.
        Industrial = "industrial",
        /// 2-3 equipment suppliers with bulk prices.
        Supply = "supply",
        /// The market of individual traders of a region.
        Open = "open",
    }
);
words!(
    /// How a cluster is wired; decides what sharing physically means and who bills grid energy (market rules, section 1).
    Connection, "connection" {
        /// Own wires, no grid.
        OffGrid = "off_grid",
        /// Own wires behind one grid connection whose bill the cluster pays and splits by use.
        OnePoint = "one_point",
        /// Every member has an own utility contract; only credits are shared.
        Separate = "separate",
    }
);
words!(
    /// What a meter measures.
    MeterRole, "meter role" {
        /// A member's home or shop: consumption and own generation.
        Member = "member",
        /// The jointly owned plant.
        Plant = "plant",
    }
);
words!(
    /// Shared equipment.
    AssetKind, "asset kind" {
        /// Modules.
        SolarPanel = "solar_panel",
        /// Inverters and charge controllers.
        Inverter = "inverter",
        /// Storage.
        Battery = "battery",
        /// A whole mini-grid.
        MiniGrid = "mini_grid",
    }
);

pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_parse_back() {
        for &connection in Connection::ALL {
            assert_eq!(Connection::parse(connection.as_str()), Ok(connection));
        }
        let error = Connection::parse("wireless").expect_err("unknown");
        assert_eq!(error.to_string(), "\"wireless\" is not a connection: use one of off_grid, one_point, separate");
    }
}
