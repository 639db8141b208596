//! Compares the trades of all three books, then prints ratios of runs taken in turn, then lets criterion measure each.

use criterion::{Criterion, Throughput};
use matching::{Lobster, Op, Ours, Peer, Shape, Total, agreed, run, stream};
use std::hint::black_box;
use std::time::Duration;

const OPS: usize = 200_000;
const ROUNDS: usize = 9;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn timed(work: fn(&[Op]) -> Total, ops: &[Op], expected: Total) -> Duration {
    let start = std::time::Instant::now();
    let total = black_box(work(black_box(ops)));
    let took = start.elapsed();
    assert_eq!(total, expected, "every run trades the same");
    took
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

const NAMES: [&str; 3] = ["ours", "orderbook-rs", "lobster"];

/// Medians of runs in turn; each round begins with the next book.
fn ratios(shape: Shape, ops: &[Op], expected: Total) {
    let contenders: [fn(&[Op]) -> Total; 3] = [run::<Ours>, run::<Peer>, run::<Lobster>];
    let mut times = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        for turn in 0..3 {
            let at = (round + turn) % 3;
            let took = timed(contenders[at], ops, expected);
            // The first round warms up.
            if round > 0 {
                times[at].push(took);
            }
        }
    }
    let medians = times.map(median);
    println!(
        "{} ({} operations, {} trades, {} Wh, equal in all three; median of {ROUNDS}):",
        shape.name,
        ops.len(),
        expected.trades,
        expected.volume
    );
    for (name, seconds) in NAMES.iter().zip(medians) {
        let (rate, ratio) = (ops.len() as f64 / seconds / 1e6, seconds / medians[0]);
        println!("  {name:<12} {rate:>7.2} M operations/s   ours is {ratio:>6.2} times as fast");
    }
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).measurement_time(Duration::from_secs(3)).configure_from_args();
    for shape in [Shape::CLUSTER, Shape::WIDE] {
        let ops = stream(shape, OPS, 4);
        let expected = agreed(&ops);
        ratios(shape, &ops, expected);
        let mut group = criterion.benchmark_group(shape.name);
        group.throughput(Throughput::Elements(OPS as u64));
        group.bench_function(NAMES[0], |bencher| bencher.iter(|| run::<Ours>(black_box(&ops))));
        group.bench_function(NAMES[1], |bencher| bencher.iter(|| run::<Peer>(black_box(&ops))));
        group.bench_function(NAMES[2], |bencher| bencher.iter(|| run::<Lobster>(black_box(&ops))));
        group.finish();
    }
    criterion.final_summary();
}
