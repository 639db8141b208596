//! Many values in one statement.

use store::{Column, Sql, SqlBatch, SqlIn, SqlUpdate, StoreError, Value, sql};
use test_kit::on_both;

use crate::{count, number, probed};

static ROWS: SqlBatch = SqlBatch::new(
    "probe",
    &[Column::int("id"), Column::text("label"), Column::flag("flag"), Column::bytes("bytes"), Column::real("ratio")],
    "ON CONFLICT (id) DO NOTHING",
);
static NEW_ROWS: SqlBatch = SqlBatch::new("probe", &[Column::int("id")], "ON CONFLICT (id) DO NOTHING RETURNING id");
static SUMS: SqlBatch =
    SqlBatch::new("probe", &[Column::int("id"), Column::int("amount")], "ON CONFLICT (id) DO UPDATE SET amount = probe.amount + excluded.amount");
static SET: SqlUpdate = SqlUpdate::new("probe", "label", &[Column::int("id"), Column::int("amount"), Column::flag("flag")]);
static BY_ID: SqlIn = SqlIn::new(sql!("SELECT id FROM probe WHERE label <> $1 AND id"), "ORDER BY id");

/// A row whose every column follows from its number.
fn row<'a>(id: i64, label: &'a str) -> [Value<'a>; 5] {
    let is_null = id % 7 == 0;
    let or_null = |value: Value<'a>| if is_null { Value::Null } else { value };
    [id.into(), Value::Text(label), or_null((id % 2 == 0).into()), or_null(label.as_bytes().into()), or_null((id as f64 / 4.0).into())]
}

on_both! {
    async fn any_number_of_rows_goes_in_whole(url: &str) {
        const CHECK: Sql = sql!(
            "SELECT COUNT(*) FROM probe WHERE label = 'row' AND (id % 7 = 0 AND flag IS NULL AND bytes IS NULL AND ratio IS NULL
             OR id % 7 <> 0 AND flag = 1 - id % 2 AND bytes IS NOT NULL AND ratio * 4 = id)"
        );
        let store = probed(url).await;
        let mut total = 0;
        for (round, rows) in (0i64..).zip([0usize, 1, 3, 17, 100, 600, 5000]) {
            let inserted = store.write::<u64, StoreError, _>(move |tx| Box::pin(async move {
                let values: Vec<Value<'_>> = (0..rows as i64).flat_map(|n| row(round * 10_000 + n, "row")).collect();
                let inserted = tx.insert_many(&ROWS, &values).await?;
                assert_eq!(tx.insert_many(&ROWS, &values).await?, 0, "the second time all are there");
                Ok(inserted)
            })).await.unwrap();
            assert_eq!(inserted, rows as u64);
            total += rows as i64;
        }
        assert_eq!(count(&store).await, total);
        assert_eq!(number(&store, &CHECK).await, total);
    }

    async fn returning_tells_which_rows_are_new(url: &str) {
        let store = probed(url).await;
        let (old, new) = store.write::<(usize, Vec<i64>), StoreError, _>(|tx| Box::pin(async move {
            let old: Vec<Value<'_>> = (0..700i64).map(Value::Int).collect();
            let all: Vec<Value<'_>> = (500..1300i64).map(Value::Int).collect();
            let old = tx.insert_many_returning(&NEW_ROWS, &old, |row| row.int(0)).await?.len();
            Ok((old, tx.insert_many_returning(&NEW_ROWS, &all, |row| row.int(0)).await?))
        })).await.unwrap();
        let mut new = new;
        new.sort_unstable();
        assert_eq!(old, 700);
        assert_eq!(new, (700..1300).collect::<Vec<i64>>());
    }

    async fn sums_are_netted_in_place(url: &str) {
        let store = probed(url).await;
        store.write::<(), StoreError, _>(|tx| Box::pin(async move {
            let values: Vec<Value<'_>> = (0..1000i64).flat_map(|id| [id.into(), id.into()]).collect();
            assert_eq!(tx.insert_many(&SUMS, &values).await?, 1000);
            assert_eq!(tx.insert_many(&SUMS, &values).await?, 1000);
            Ok(())
        })).await.unwrap();
        assert_eq!(number(&store, &const { sql!("SELECT COUNT(*) FROM probe WHERE amount = 2 * id") }).await, 1000);
    }

    async fn searches_find_all_keys_once(url: &str) {
        let store = probed(url).await;
        store.write::<(), StoreError, _>(|tx| Box::pin(async move {
            let values: Vec<Value<'_>> = (0..6000i64).flat_map(|id| row(id, if id == 5 { "hidden" } else { "row" })).collect();
            tx.insert_many(&ROWS, &values).await.map(drop)
        })).await.unwrap();
        for wanted in [0usize, 1, 2, 5, 63, 65, 513, 5500] {
            let found = store.read::<Vec<i64>, StoreError, _>(move |tx| Box::pin(async move {
                // Odd keys are there, those above 6000 are not.
                let keys: Vec<i64> = (0..wanted as i64).map(|n| n * 2 + 1).collect();
                tx.query_in(&BY_ID, &["hidden".into()], &keys, |row| row.int(0)).await
            })).await.unwrap();
            let expected: Vec<i64> = (0..wanted as i64).map(|n| n * 2 + 1).filter(|id| *id != 5 && *id < 6000).collect();
            assert_eq!(found, expected, "{wanted}");
        }
    }

    async fn rows_are_updated_by_the_shared_column_and_their_key(url: &str) {
        const SUM: Sql = sql!("SELECT CAST(SUM(amount) AS BIGINT) FROM probe WHERE flag = 1 AND label = 'row'");
        let store = probed(url).await;
        let updated = store.write::<u64, StoreError, _>(|tx| Box::pin(async move {
            let values: Vec<Value<'_>> = (0..6000i64).flat_map(|id| row(id, if id % 2 == 0 { "row" } else { "other" })).collect();
            tx.insert_many(&ROWS, &values).await?;
            assert_eq!(tx.update_many(&SET, "row".into(), &[]).await?, 0);
            // Every second row is another's, and the last thousand are not there.
            let sums: Vec<Value<'_>> = (0..7000i64).flat_map(|id| [id.into(), Value::Int(10), true.into()]).collect();
            tx.update_many(&SET, "row".into(), &sums).await
        })).await.unwrap();
        assert_eq!(updated, 3000);
        assert_eq!(number(&store, &SUM).await, 30_000);
        let refused = store.write::<u64, StoreError, _>(|tx| {
            Box::pin(async move { tx.update_many(&SET, "row".into(), &[1.into(), "10".into(), true.into()]).await })
        });
        assert_eq!(refused.await.unwrap_err().code(), "invalid_value");
    }

    async fn a_key_given_twice_is_found_once(url: &str) {
        let store = probed(url).await;
        let found = store.write::<Vec<i64>, StoreError, _>(|tx| Box::pin(async move {
            let values: Vec<Value<'_>> = (0..900i64).flat_map(|id| row(id, "row")).collect();
            tx.insert_many(&ROWS, &values).await?;
            let twice: Vec<i64> = (0..900).chain(0..900).collect();
            tx.query_in(&BY_ID, &["hidden".into()], &twice, |row| row.int(0)).await
        })).await.unwrap();
        assert_eq!(found.len(), 900);
    }

    async fn what_one_engine_would_change_is_refused_in_batches_too(url: &str) {
        static REALS: SqlBatch = SqlBatch::new("probe", &[Column::int("id"), Column::text("label"), Column::real("ratio")], "");
        let store = probed(url).await;
        for (label, ratio) in [("a\0b", 1.0), ("a", f64::NAN), ("a", f64::INFINITY)] {
            let refused = store.write::<(), StoreError, _>(move |tx| {
                Box::pin(async move { tx.insert_many(&REALS, &[1.into(), label.into(), ratio.into()]).await.map(drop) })
            });
            assert_eq!(refused.await.unwrap_err().code(), "invalid_value");
        }
        let refused = store.read::<Vec<i64>, StoreError, _>(|tx| Box::pin(async move { tx.query_in(&BY_ID, &[], &[1, 2], |row| row.int(0)).await }));
        assert_eq!(refused.await.unwrap_err().code(), "misuse");
    }

    async fn a_wrong_batch_is_refused_alike(url: &str) {
        let store = probed(url).await;
        for (wanted, values) in [
            ("misuse", vec![Value::Int(1), Value::Int(2), Value::Int(3)]),
            ("invalid_value", vec![Value::Int(1), Value::Text("2")]),
            ("invalid_value", vec![Value::Bool(true), Value::Int(1)]),
            ("check_failed", vec![Value::Int(1), Value::Int(1), Value::Int(2), Value::Int(-1)]),
        ] {
            let values = std::sync::Arc::new(values);
            let refused = store.write::<(), StoreError, _>(move |tx| {
                let values = values.clone();
                Box::pin(async move { tx.insert_many(&SUMS, &values).await.map(drop) })
            }).await;
            assert_eq!(refused.unwrap_err().code(), wanted);
        }
        assert_eq!(count(&store).await, 0);
    }
}
