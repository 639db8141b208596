//! Amounts as people write them: `K1,234.50`, `1.4 kWh`, `2,140 W`, `68 %`. They look the same in every language of the catalogue.

use super::{MINUS, NBSP};

/// `K1,234.50`, `−K0.44`.
#[must_use]
pub fn money(ngwee: i64) -> String {
    format!("{}K{}", sign(ngwee, ""), hundredths(ngwee))
}

/// An amount in a book's column: `+500.00`, `−9.84`, `0.00`.
#[must_use]
pub fn booked(ngwee: i64) -> String {
    format!("{}{}", sign(ngwee, if ngwee > 0 { "+" } else { "" }), hundredths(ngwee))
}

/// A balance in a book's column: `1,234.50`, `−9.84`.
#[must_use]
pub fn balance(ngwee: i64) -> String {
    format!("{}{}", sign(ngwee, ""), hundredths(ngwee))
}

/// Energy with one digit: `1.4 kWh`; rounded half to even. Little energy has more digits, so that what is there never reads as nothing.
#[must_use]
pub fn kwh(wh: i64) -> String {
    let tenths = div_half_even(i128::from(wh), 100);
    if tenths == 0 && wh != 0 {
        let hundredths = div_half_even(i128::from(wh), 10).unsigned_abs();
        let digits = if hundredths == 0 { format!("{:03}", wh.unsigned_abs()) } else { format!("{hundredths:02}") };
        return format!("{}0.{digits}{NBSP}kWh", sign(wh, ""));
    }
    format!("{}{NBSP}kWh", kwh_bare(wh))
}

/// Energy with one digit and no unit, for table columns whose head names it.
#[must_use]
pub fn kwh_bare(wh: i64) -> String {
    let tenths = div_half_even(i128::from(wh), 100);
    format!("{}{}.{}", sign_wide(tenths), grouped(tenths.unsigned_abs() / 10), tenths.unsigned_abs() % 10)
}

/// Energy to the Wh, for amounts that are added up before the reader's eyes: `1.449 kWh`.
#[must_use]
pub fn kwh_exact(wh: i64) -> String {
    let size = u128::from(wh.unsigned_abs());
    format!("{}{}.{:03}{NBSP}kWh", sign(wh, ""), grouped(size / 1_000), size % 1_000)
}

/// Power: `2,140 W`.
#[must_use]
pub fn watts(w: i64) -> String {
    format!("{}{NBSP}W", whole(w))
}

/// A power step on an axis: `500 W`, `2 kW`, `1.5 kW`.
#[must_use]
pub fn power_step(w: i64) -> String {
    if w < 1000 {
        return watts(w);
    }
    let tenths = div_half_even(i128::from(w), 100);
    if tenths % 10 == 0 {
        format!("{}{NBSP}kW", grouped((tenths / 10).unsigned_abs()))
    } else {
        format!("{}.{}{NBSP}kW", grouped((tenths / 10).unsigned_abs()), tenths.unsigned_abs() % 10)
    }
}

/// A whole number with its thousands apart: `12,640`.
#[must_use]
pub fn whole(n: i64) -> String {
    format!("{}{}", sign(n, ""), grouped(u128::from(n.unsigned_abs())))
}

/// `part` of `total` as whole per cent, half to even; `None` when there is no total.
#[must_use]
pub fn percent_of(part: i64, total: i64) -> Option<i64> {
    if total <= 0 {
        return None;
    }
    i64::try_from(div_half_even(i128::from(part) * 100, i128::from(total))).ok()
}

/// `68 %`.
#[must_use]
pub fn percent(n: i64) -> String {
    format!("{}{NBSP}%", whole(n))
}

/// A ratio in millionths as per cent with one digit: 52,000 is `5.2 %`.
#[must_use]
pub fn percent_from_ppm(ppm: i64) -> String {
    let tenths = div_half_even(i128::from(ppm), 1000);
    format!("{}{}.{}{NBSP}%", sign_wide(tenths), tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

/// A number with one digit, from tenths: `14.5`.
#[must_use]
pub fn tenths(tenths: i64) -> String {
    format!("{}{}.{}", sign(tenths, ""), grouped(u128::from(tenths.unsigned_abs() / 10)), tenths.unsigned_abs() % 10)
}

/// Hours with one digit from minutes, without the unit: 870 is `14.5`.
#[must_use]
pub fn hours_of_minutes(minutes: i64) -> String {
    tenths(i64::try_from(div_half_even(i128::from(minutes), 6)).unwrap_or(i64::MAX))
}

/// Mass with one digit: 1,234 g is `1.2 kg`.
#[must_use]
pub fn kilograms(grams: i64) -> String {
    let tenths = div_half_even(i128::from(grams), 100);
    format!("{}{}.{}{NBSP}kg", sign_wide(tenths), grouped(tenths.unsigned_abs() / 10), tenths.unsigned_abs() % 10)
}

/// The mean price in ngwee per kWh of an amount of energy, half to even; `None` below 100 Wh, where a rounded ngwee
/// would turn into a wrong price.
#[must_use]
pub fn mean_price(money_ngwee: i64, energy_wh: i64) -> Option<i64> {
    if energy_wh < 100 {
        return None;
    }
    i64::try_from(div_half_even(i128::from(money_ngwee) * 1000, i128::from(energy_wh))).ok()
}

/// The first twelve digits of a hash in groups of four: `4f2a 91c0 77de`.
#[must_use]
pub fn hash_short(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().take(12).collect();
    digits.chunks(4).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// `n / d` rounded half to even, for positive `d`.
#[must_use]
pub fn div_half_even(n: i128, d: i128) -> i128 {
    let (quotient, rest) = (n.div_euclid(d), n.rem_euclid(d));
    match (rest * 2).cmp(&d) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
    }
}

fn sign(n: i64, otherwise: &str) -> String {
    if n < 0 { MINUS.to_string() } else { otherwise.to_owned() }
}

fn sign_wide(n: i128) -> String {
    if n < 0 { MINUS.to_string() } else { String::new() }
}

/// The size of an amount in hundredths: `1,234.50`.
fn hundredths(n: i64) -> String {
    let size = u128::from(n.unsigned_abs());
    format!("{}.{:02}", grouped(size / 100), size % 100)
}

/// Thousands apart by commas.
fn grouped(n: u128) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_two_digits_and_a_true_minus() {
        let cases = [
            (0, "K0.00"),
            (44, "K0.44"),
            (-44, "\u{2212}K0.44"),
            (123_450, "K1,234.50"),
            (-100_000_000, "\u{2212}K1,000,000.00"),
            (i64::MIN, "\u{2212}K92,233,720,368,547,758.08"),
        ];
        for (ngwee, text) in cases {
            assert_eq!(money(ngwee), text);
        }
        assert_eq!(booked(50_000), "+500.00");
        assert_eq!(booked(-984), "\u{2212}9.84");
        assert_eq!(booked(0), "0.00");
        assert_eq!(balance(-5), "\u{2212}0.05");
    }

    #[test]
    fn energy_has_one_digit_half_to_even() {
        let cases = [(0, "0.0"), (1_449, "1.4"), (1_450, "1.4"), (1_550, "1.6"), (-60, "\u{2212}0.1"), (1_234_567, "1,234.6")];
        let exact =
            [(0, "0.000"), (1_449, "1.449"), (-60, "\u{2212}0.060"), (1_234_500, "1,234.500"), (i64::MIN, "\u{2212}9,223,372,036,854,775.808")];
        for (wh, text) in exact {
            assert_eq!(kwh_exact(wh), format!("{text}{NBSP}kWh"));
        }
        for (wh, text) in cases {
            assert_eq!(kwh_bare(wh), text);
        }
        assert_eq!(kwh(1_400), "1.4\u{a0}kWh");
        for (wh, text) in [(0, "0.0"), (50, "0.05"), (51, "0.1"), (40, "0.04"), (-40, "−0.04"), (6, "0.01"), (4, "0.004")] {
            assert_eq!(kwh(wh), format!("{text}{NBSP}kWh"), "{wh} Wh");
        }
    }

    #[test]
    fn rates_and_shares() {
        assert_eq!(watts(2_140), "2,140\u{a0}W");
        assert_eq!(power_step(500), "500\u{a0}W");
        assert_eq!(power_step(2_000), "2\u{a0}kW");
        assert_eq!(power_step(1_500), "1.5\u{a0}kW");
        assert_eq!(percent_of(1, 3), Some(33));
        assert_eq!(percent_of(1, 0), None);
        assert_eq!(percent_from_ppm(52_000), "5.2\u{a0}%");
        assert_eq!(hours_of_minutes(870), "14.5");
        assert_eq!(kilograms(1_234), "1.2\u{a0}kg");
    }

    #[test]
    fn a_mean_price_needs_enough_energy() {
        assert_eq!(mean_price(132, 1_100), Some(120));
        assert_eq!(mean_price(1, 3), None);
        assert_eq!(mean_price(-44, 300), Some(-147));
    }

    #[test]
    fn hashes_are_cut_and_grouped() {
        assert_eq!(hash_short("4f2a91c077deaa"), "4f2a 91c0 77de");
        assert_eq!(hash_short("4f"), "4f");
    }
}
