//! `kill -9` at any moment: what was acknowledged is there, nothing is doubled or half-done.
//!
//! The test starts this test program again as the victim, reads what it acknowledges, kills it and looks.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use quantity::Instant;
use store::{EventNew, OpenOptions, Sql, Store, StoreError, sql};

use crate::cluster;

const VICTIM: &str = "INNERLECTRA_TEST_VICTIM";
const EVENTS: Sql = sql!("SELECT COUNT(*), COALESCE(MAX(event_no), 0) FROM outbox WHERE cluster_id = $1");
const LAST: Sql = sql!("SELECT last_no FROM counter WHERE cluster_id = $1 AND kind = 'event'");

/// Not a test of its own: without an address it has nothing to do.
#[test]
fn victim() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    test_kit::run(async {
        let store = Store::open(&url, OpenOptions::default()).await.unwrap();
        let tellers = (1..=8i64).map(|id| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    // Three events in one unit: half of them would show.
                    let first = store
                        .write::<Option<i64>, StoreError, _>(move |tx| {
                            Box::pin(async move {
                                let event = EventNew { kind: "told".to_owned(), payload: "x".repeat(500) };
                                tx.outbox_append(cluster(id), &[event.clone(), event.clone(), event], Instant(0)).await
                            })
                        })
                        .await
                        .unwrap()
                        .unwrap();
                    println!("ack {id} {}", first + 2);
                }
            })
        });
        let tellers: Vec<_> = tellers.collect();
        std::future::pending::<()>().await;
        drop(tellers);
    });
}

async fn survive(url: &str) {
    let mut acknowledged = [0i64; 9];
    for round in 0..6usize {
        let program = std::env::current_exe().unwrap();
        let mut victim = Command::new(program)
            .args(["--exact", "kill::victim", "--nocapture"])
            .env(VICTIM, url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let mut seen = 0;
        // Another number of acknowledgements each round, so another moment inside a commit.
        while seen < 3 + round * 41 {
            let line = lines.next().expect("the victim lives until it is killed").unwrap();
            seen += usize::from(note(&line, &mut acknowledged));
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        // What it had said before the end counts too; its last line may be cut.
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        for line in rest.iter().take(rest.len().saturating_sub(1)) {
            note(line, &mut acknowledged);
        }
        check(url, &acknowledged).await;
    }
    assert!(acknowledged.iter().sum::<i64>() > 0);
}

fn note(line: &str, acknowledged: &mut [i64; 9]) -> bool {
    let mut words = line.split(' ').skip_while(|word| !word.ends_with("ack")).skip(1);
    let (Some(Ok(id)), Some(Ok(last))) = (words.next().map(str::parse::<usize>), words.next().map(str::parse::<i64>)) else { return false };
    acknowledged[id] = acknowledged[id].max(last);
    true
}

async fn check(url: &str, acknowledged: &[i64; 9]) {
    let store = Store::open(url, OpenOptions::default()).await.unwrap();
    for (id, acknowledged) in (1i64..).zip(&acknowledged[1..]) {
        let (count, highest, last) = store
            .read::<(i64, i64, i64), StoreError, _>(move |tx| {
                Box::pin(async move {
                    let (count, highest) = tx.query_one(&EVENTS, &[id.into()], |row| Ok((row.int(0)?, row.int(1)?))).await?;
                    Ok((count, highest, tx.query_opt(&LAST, &[id.into()], |row| row.int(0)).await?.unwrap_or(0)))
                })
            })
            .await
            .unwrap();
        assert!(highest >= *acknowledged, "cluster {id}: {acknowledged} was acknowledged, {highest} is there");
        assert_eq!((count, last), (highest, highest), "cluster {id}: no gap, none doubled, the counter agrees");
        assert_eq!(count % 3, 0, "cluster {id}: no unit is half there");
    }
}

test_kit::on_both! {
    async fn a_killed_server_loses_nothing_it_said(url: &str) {
        survive(url).await;
    }
}
