//! Serves every state of the pages from modelled fixtures, for looking at them.
//!
//! `cargo run -p web --example gallery [PORT]`, then open the printed address.

use std::sync::Arc;

#[path = "../tests/fixture/mod.rs"]
mod fixture;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |text| text.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, web::fixture_router(Arc::new(fixture::Fixtures))).await?;
    Ok(())
}
