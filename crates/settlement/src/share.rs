//! Filling and splitting, on plain slices so that the kernel allocates nothing.

/// Max-min water-filling: hands `total` to members with `need`, everybody the same until a need is met.
///
/// The units that do not divide go one each to members still in need, lowest position first (the stated tie). `total` must not exceed
/// the sum of needs. Writes one amount per need.
pub(crate) fn fill_equally(total: i64, need: &[i64], filled: &mut [i64]) {
    filled.fill(0);
    let mut left = total;
    let mut level = 0i64;
    loop {
        let open = need.iter().filter(|&&n| n > level).count() as i64;
        if left == 0 || open == 0 {
            break;
        }
        let step = left / open;
        if step == 0 {
            hand_out_ones(left, level, need, filled);
            return;
        }
        let target = level + step;
        left = 0;
        let mut used = 0;
        for (&n, f) in need.iter().zip(filled.iter_mut()) {
            *f = n.min(target);
            used += *f;
        }
        left += total - used;
        level = target;
    }
}

fn hand_out_ones(mut left: i64, level: i64, need: &[i64], filled: &mut [i64]) {
    for (&n, f) in need.iter().zip(filled.iter_mut()) {
        if left == 0 {
            return;
        }
        if n > level {
            *f += 1;
            left -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fill(total: i64, need: &[i64]) -> Vec<i64> {
        let mut filled = vec![0; need.len()];
        fill_equally(total, need, &mut filled);
        filled
    }

    #[test]
    fn golden_fills() {
        for (total, need, expected) in [
            (10, vec![2, 9, 9], vec![2, 4, 4]),
            (11, vec![2, 9, 9], vec![2, 5, 4]),
            (20, vec![2, 9, 9], vec![2, 9, 9]),
            (0, vec![2, 9], vec![0, 0]),
            (2, vec![5, 5, 5], vec![1, 1, 0]),
            (7, vec![0, 1, 100], vec![0, 1, 6]),
        ] {
            assert_eq!(fill(total, &need), expected, "{total} over {need:?}");
        }
    }

    proptest! {
        #[test]
        fn is_max_min_fair(need in proptest::collection::vec(0i64..500, 1..40), part in 0i64..=100) {
            let total = need.iter().sum::<i64>() * part / 100;
            let filled = fill(total, &need);
            prop_assert_eq!(filled.iter().sum::<i64>(), total);
            let top = *filled.iter().max().expect("one");
            for (f, n) in filled.iter().zip(&need) {
                prop_assert!(f <= n);
                prop_assert!(f == n || *f >= top - 1, "a member in need stands below another by more than one");
            }
        }
    }
}
