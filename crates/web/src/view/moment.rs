//! What is true now: the state of a cluster in one word, decided from the numbers alone.

use crate::input::{GridState, NowInput, PowerNow};

/// A flow below this part of the use is too small to be named in a sentence: one fiftieth.
const NAMED_FROM: i64 = 50;

/// A source that can carry the homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Sun.
    Sun,
    /// Battery.
    Battery,
    /// Other clusters.
    Neighbours,
    /// Grid.
    Grid,
    /// Generator.
    Generator,
}

/// The state that the opening sentence says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// No meter has ever been read.
    NothingYet,
    /// The last interval has no reading.
    NoReading {
        /// The last one that has, Unix ms.
        since_at: i64,
        /// Now, Unix ms.
        now_at: i64,
    },
    /// Homes have no power.
    Dark {
        /// How many homes.
        dark: i64,
        /// Of how many.
        homes: i64,
        /// Whether the grid is off.
        is_outage: bool,
    },
    /// Some use is not served, though every home has some power.
    Short {
        /// Whether the grid is off.
        is_outage: bool,
    },
    /// The grid is off, and the cluster carries itself.
    Island {
        /// The source that carries most.
        by: Source,
    },
    /// Nothing is used.
    Idle,
    /// The sun covers all use.
    SunCarries {
        /// The rest fills the battery.
        fills: bool,
        /// The rest is sold.
        sells: bool,
        /// The rest is lost for want of a user.
        wastes: bool,
    },
    /// The sun covers part of the use.
    SunHelped {
        /// Sun's part, W.
        part_w: i64,
        /// All use, W.
        use_w: i64,
        /// What covers most of the rest.
        helper: Source,
    },
    /// Another source covers most or all of the use.
    Carried {
        /// Whether the sun is down.
        is_night: bool,
        /// The source.
        by: Source,
        /// Its part, W.
        part_w: i64,
        /// All use, W.
        use_w: i64,
    },
}

/// Whether the last reading is older than it may be.
pub fn is_stale(now: &NowInput) -> bool {
    now.reading_at.is_some_and(|at| now.now_at.saturating_sub(at) > now.stale_after_ms)
}

/// The state of a cluster of `homes` homes.
pub fn moment(now: &NowInput, homes: i64) -> Moment {
    let Some(reading_at) = now.reading_at else { return Moment::NothingYet };
    let Some(power) = now.power.filter(|_| !is_stale(now)) else {
        return Moment::NoReading { since_at: reading_at, now_at: now.now_at };
    };
    let is_outage = now.grid == GridState::Outage;
    if now.homes_dark > 0 {
        return Moment::Dark { dark: now.homes_dark, homes, is_outage };
    }
    if power.unserved_w > 0 {
        return Moment::Short { is_outage };
    }
    let use_w = power.homes_w.saturating_add(power.common_w);
    let (by, part_w) = main_source(&power, use_w);
    if is_outage && use_w > 0 {
        return Moment::Island { by };
    }
    if use_w == 0 && power.sun_w == 0 {
        return Moment::Idle;
    }
    if power.sun_w >= use_w {
        let is_named = |w: i64| w > 0 && w.saturating_mul(NAMED_FROM) >= power.sun_w;
        return Moment::SunCarries {
            fills: is_named(power.battery_in_w),
            sells: is_named(power.grid_out_w.saturating_add(power.traded_out_w)),
            wastes: is_named(power.curtailed_w),
        };
    }
    if power.sun_w.saturating_mul(6) >= use_w {
        let helper = main_source(&PowerNow { sun_w: 0, ..power }, use_w).0;
        return Moment::SunHelped { part_w: power.sun_w, use_w, helper };
    }
    Moment::Carried { is_night: !now.is_sun_up, by, part_w, use_w }
}

/// The source that covers most of the use, and how much of it; a tie goes to the earlier one.
fn main_source(power: &PowerNow, use_w: i64) -> (Source, i64) {
    let sources = [
        (Source::Sun, power.sun_w),
        (Source::Battery, power.battery_out_w),
        (Source::Neighbours, power.traded_in_w),
        (Source::Grid, power.grid_in_w),
        (Source::Generator, power.generator_w),
    ];
    let mut best = sources[0];
    for source in sources {
        if source.1 > best.1 {
            best = source;
        }
    }
    (best.0, best.1.min(use_w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::sentence;

    const AT: i64 = 1_795_177_920_000;
    const STALE_AFTER_MS: i64 = 15 * 60_000;

    fn check(expected: &str, change: impl FnOnce(&mut NowInput, &mut PowerNow)) {
        let mut power = PowerNow::default();
        let mut now = NowInput {
            now_at: AT,
            reading_at: Some(AT),
            stale_after_ms: STALE_AFTER_MS,
            is_sun_up: true,
            sun_rises_at: None,
            grid: GridState::Up,
            power: Some(power),
            homes_dark: 0,
            battery: None,
        };
        change(&mut now, &mut power);
        now.power = now.power.map(|_| power);
        assert_eq!(sentence::moment(message::Say::default(), &moment(&now, 20)), expected);
    }

    #[test]
    fn the_sentence_follows_the_numbers() {
        check("Nothing is used right now.", |_, _| {});
        check("The sun carries everyone now, and fills the battery.", |_, p| {
            *p = PowerNow { sun_w: 2000, homes_w: 1300, battery_in_w: 700, ..*p };
        });
        check("The sun carries everyone now, and we sell the rest.", |_, p| {
            *p = PowerNow { sun_w: 2000, homes_w: 1300, grid_out_w: 700, ..*p };
        });
        check("The sun carries everyone, fills the battery, and we sell the rest.", |_, p| {
            *p = PowerNow { sun_w: 2000, homes_w: 1000, grid_out_w: 500, battery_in_w: 500, ..*p };
        });
        check("The sun carries everyone now. Some of it finds no user.", |_, p| {
            *p = PowerNow { sun_w: 2000, homes_w: 1000, curtailed_w: 1000, ..*p };
        });
        check("The sun carries everyone now.", |_, p| {
            *p = PowerNow { sun_w: 1000, homes_w: 999, grid_out_w: 1, ..*p };
        });
        check("The sun carries two thirds of our use. The grid helps.", |_, p| {
            *p = PowerNow { sun_w: 660, grid_in_w: 340, homes_w: 900, common_w: 100, ..*p };
        });
        check("The sun carries a third of our use. The battery helps.", |_, p| {
            *p = PowerNow { sun_w: 330, battery_out_w: 670, homes_w: 1000, ..*p };
        });
        check("The grid carries nearly all of our use.", |_, p| {
            *p = PowerNow { sun_w: 100, grid_in_w: 900, homes_w: 1000, ..*p };
        });
    }

    #[test]
    fn night_outage_and_silence_have_their_own_words() {
        check("Night. The battery carries two thirds of our use.", |n, p| {
            n.is_sun_up = false;
            *p = PowerNow { battery_out_w: 640, grid_in_w: 310, homes_w: 860, common_w: 50, ..*p };
        });
        check("Night. The grid carries everyone.", |n, p| {
            n.is_sun_up = false;
            *p = PowerNow { grid_in_w: 900, homes_w: 900, ..*p };
        });
        check("The generator carries everyone.", |_, p| {
            *p = PowerNow { generator_w: 900, homes_w: 900, ..*p };
        });
        check("The grid is off. Our battery carries us.", |n, p| {
            n.grid = GridState::Outage;
            *p = PowerNow { battery_out_w: 900, homes_w: 900, ..*p };
        });
        check("The grid is off. 6 of 20 homes have no power.", |n, p| {
            n.grid = GridState::Outage;
            n.homes_dark = 6;
            *p = PowerNow { battery_out_w: 900, homes_w: 900, unserved_w: 300, ..*p };
        });
        check("The grid is off. No home has power.", |n, _| {
            n.grid = GridState::Outage;
            n.homes_dark = 20;
        });
        check("1 of 20 homes has no power.", |n, _| {
            n.grid = GridState::None;
            n.homes_dark = 1;
        });
        check("There is not enough power for all we need.", |n, p| {
            n.grid = GridState::None;
            *p = PowerNow { battery_out_w: 900, homes_w: 900, unserved_w: 300, ..*p };
        });
        check("No meter has been read yet.", |n, _| n.reading_at = None);
        check("No reading since 14:32.", |n, _| n.power = None);
        check("No reading since 14:32.", |n, _| n.now_at = AT + STALE_AFTER_MS + 1);
        check("No reading since Fri 20 Nov, 14:32.", |n, _| n.now_at = AT + 86_400_000);
    }
}
