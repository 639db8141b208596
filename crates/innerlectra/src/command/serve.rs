//! `serve`: the pages over a database, and the work that keeps it settled.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::Args;
use service::Service;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use store::OpenOptions;
use tokio::net::TcpListener;
use web::ServicePages;

/// How often closed intervals are looked for.
const SETTLE_EVERY: Duration = Duration::from_secs(60);

/// Shows the clusters of a database as pages, and settles what closes. Read-only and without login: on this machine only.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Address to listen on; a loopback address, as the pages have no login yet.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Only show; do not settle.
    #[arg(long)]
    no_settle: bool,
}

/// Runs the command until it is told to stop.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &ServeArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let listener = listen(args.listen).await?;
        let service = args.database.service(OpenOptions::default()).await?;
        if !args.no_settle {
            tokio::spawn(settle_for_ever(service.clone()));
        }
        serve(service, listener).await
    })
}

/// Takes the port, before any work is done that a taken port would waste.
///
/// # Errors
/// [`Failure`] with code `listen_not_loopback` or `listen_failed`.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    if !is_loopback(address.ip()) {
        let message = format!("{address} can be reached from other machines, and the pages have no login yet");
        return Err(Failure::bad_input("listen_not_loopback", message).with_next("listen on 127.0.0.1 or [::1]"));
    }
    TcpListener::bind(address).await.map_err(|error| {
        let message = format!("cannot listen on {address}: {error}");
        Failure::environment("listen_failed", message).with_next("choose another port with --listen 127.0.0.1:PORT")
    })
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.is_loopback()
}

/// Answers requests until the process is told to stop, then lets running ones end.
///
/// # Errors
/// [`Failure`].
pub async fn serve(service: Service, listener: TcpListener) -> Result<Exit, Failure> {
    let address = listener.local_addr().map_err(|error| Failure::environment("listen_failed", error.to_string()))?;
    output::text(&format!("open http://{address}/ in a browser; stop with Ctrl-C\n"))?;
    let router = web::router(Arc::new(ServicePages::new(service)));
    let served = web::serve(listener, router, stop()).await;
    served.map_err(|error| Failure::environment("serve_failed", error.to_string()))?;
    Ok(Exit::Good)
}

async fn stop() {
    let mut terminate = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Settles what has closed, again and again. A cluster that cannot be settled is told and does not stop the others.
async fn settle_for_ever(service: Service) {
    let mut every = tokio::time::interval(SETTLE_EVERY);
    loop {
        every.tick().await;
        let clusters = match service.cluster_list(service::policy::Actor::System).await {
            Ok(clusters) => clusters,
            Err(error) => {
                tracing::warn!(code = error.code(), "the clusters cannot be listed: {error}");
                continue;
            }
        };
        for cluster in clusters {
            if let Err(error) = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await {
                tracing::error!(code = error.code(), cluster = %cluster.code, "not settled: {error}");
            }
        }
    }
}
