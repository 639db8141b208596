//! The schema is the same on both engines, and every table is listed.

use store::placement::{Placement, TABLES};
use store::{Engine, OpenOptions, Sql, Store, StoreError, sql};

const LITE_TABLES: Sql = sql!("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'");
const PG_TABLES: Sql = sql!("SELECT tablename::TEXT, 1 FROM pg_tables WHERE schemaname = 'public'");
const LITE_COLUMNS: Sql = sql!("SELECT lower(type), name, \"notnull\", pk FROM pragma_table_info($1) ORDER BY cid");
const PG_COLUMNS: Sql = sql!(
    "SELECT format_type(a.atttypid, NULL), a.attname::TEXT, a.attnotnull::INTEGER, COALESCE(array_position(i.indkey::INT2[], a.attnum) + 1, 0)
     FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
     WHERE a.attrelid = $1::TEXT::REGCLASS AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
);
/// Unique indexes of a table besides its primary key, as text.
const LITE_UNIQUE: Sql = sql!(
    "SELECT (SELECT group_concat(name) FROM pragma_index_info(l.name)) FROM pragma_index_list($1) l WHERE l.\"unique\" = 1 AND l.origin <> 'pk'"
);
const PG_UNIQUE: Sql = sql!(
    "SELECT (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(i.indkey::INT2[]) WITH ORDINALITY k (attnum, place)
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum)
     FROM pg_index i WHERE i.indisunique AND NOT i.indisprimary AND i.indrelid = $1::TEXT::REGCLASS"
);

/// Name, class of type, not null, place in the key.
type ColumnShape = (String, &'static str, bool, i64);

async fn tables(store: &Store) -> Vec<(String, i64)> {
    let engine = store.engine();
    let found = store.read::<_, StoreError, _>(move |tx| {
        let sql = if engine == Engine::Lite { &LITE_TABLES } else { &PG_TABLES };
        Box::pin(async move { tx.query(sql, &[], |row| Ok((row.text(0)?.to_owned(), row.int(1)?))).await })
    });
    let mut found = found.await.unwrap();
    found.retain(|(name, _)| name != "refinery_schema_history");
    found.sort();
    found
}

async fn columns(store: &Store, table: &'static str) -> Vec<ColumnShape> {
    let engine = store.engine();
    let found = store.read::<_, StoreError, _>(move |tx| {
        let sql = if engine == Engine::Lite { &LITE_COLUMNS } else { &PG_COLUMNS };
        Box::pin(async move {
            tx.query(sql, &[table.into()], |row| {
                let class = match row.text(0)? {
                    "integer" | "bigint" | "smallint" => "int",
                    "text" => "text",
                    "real" | "double precision" => "real",
                    "blob" | "bytea" => "bytes",
                    other => panic!("{table} has a column of type {other}"),
                };
                Ok((row.text(1)?.to_owned(), class, row.boolean(2)?, row.int(3)?))
            })
            .await
        })
    });
    found.await.unwrap()
}

async fn unique(store: &Store, table: &'static str) -> Vec<String> {
    let engine = store.engine();
    let found = store.read::<_, StoreError, _>(move |tx| {
        let sql = if engine == Engine::Lite { &LITE_UNIQUE } else { &PG_UNIQUE };
        Box::pin(async move { tx.query(sql, &[table.into()], |row| Ok(row.text(0)?.to_owned())).await })
    });
    let mut found = found.await.unwrap();
    found.sort();
    found
}

#[test]
fn both_engines_have_the_listed_tables_and_the_same_columns() {
    let (file, server) = (test_kit::sqlite(), test_kit::postgres());
    test_kit::run(async {
        let lite = Store::open(file.url(), OpenOptions::default()).await.unwrap();
        let pg = Store::open(server.url(), OpenOptions::default()).await.unwrap();
        let mut listed: Vec<(String, i64)> = TABLES.iter().map(|table| (table.name.to_owned(), 1)).collect();
        listed.sort();
        // The number is 1 for a STRICT table: without it SQLite would take text for a number.
        assert_eq!(tables(&lite).await, listed, "SQLite");
        assert_eq!(tables(&pg).await, listed, "PostgreSQL");
        for table in TABLES {
            let shape = columns(&lite, table.name).await;
            assert_eq!(shape, columns(&pg, table.name).await, "{}", table.name);
            assert!(shape.iter().any(|(_, _, _, place)| *place > 0), "{} has no primary key", table.name);
            let holder = match table.placement {
                Placement::Distributed => Some("cluster_id"),
                Placement::ByUser => Some("user_id"),
                Placement::Claim(column) => Some(column),
                Placement::Reference | Placement::Local => None,
            };
            if let Some(holder) = holder {
                let is_keyed = shape.iter().any(|(name, _, not_null, place)| name == holder && *not_null && *place > 0);
                assert!(is_keyed, "the key of {} lacks {holder}", table.name);
                let keys = unique(&pg, table.name).await;
                let all_hold = keys.iter().all(|key| key.split(',').any(|column| column == holder));
                assert!(all_hold, "a unique key of {} lacks {holder}: {keys:?}", table.name);
            }
            let lite_unique = unique(&lite, table.name).await;
            assert_eq!(lite_unique, unique(&pg, table.name).await, "unique keys of {}", table.name);
        }
    });
}
