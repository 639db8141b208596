//! `serve`: the pages and the REST interface over a database, and the work that keeps it settled and its texts sent.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::output;
use api::Limits;
use axum::Router;
use axum::extract::Request;
use clap::Args;
use gateways::SmsGateway;
use market::guard::GuardRules;
use service::Service;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use store::OpenOptions;
use tokio::net::TcpListener;
use tower::ServiceExt;
use web::WebOptions;

/// How often closed intervals are looked for.
const SETTLE_EVERY: Duration = Duration::from_secs(60);

/// How often what is over is cleared away (codes, locks, expired sessions, old events), and clusters' clearing accounts are compared.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);
/// How often waiting texts are sent.
const SEND_EVERY: Duration = Duration::from_secs(2);

/// Serves the pages and the REST interface of a database, settles what closes and sends the texts that wait.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Address to listen on; a loopback address, unless a proxy of one's own stands in front.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// A proxy of one's own speaks https to the world, writes X-Forwarded-For, and alone can reach this address.
    #[arg(long)]
    behind_proxy: bool,
    /// Only show; do not settle.
    #[arg(long)]
    no_settle: bool,
    /// Texts to phones go to this file, one JSON object a line, until a sender takes them over. Without it they wait in the database.
    #[arg(long, value_name = "FILE", env = "INNERLECTRA_SMS_FILE")]
    sms_file: Option<PathBuf>,
    /// No limit on how much one caller may ask for: for measuring.
    #[arg(long, hide = true)]
    no_rates: bool,
}

/// Runs the command until it is told to stop.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &ServeArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let listener = listen(args.listen, args.behind_proxy).await?;
        let service = args.database.service(OpenOptions::default()).await?;
        let service = if args.no_rates {
            service.with_guard(GuardRules { orders_per_minute: i64::MAX, orders_per_hour: i64::MAX, ..GuardRules::default() })
        } else {
            service
        };
        if !args.no_settle {
            tokio::spawn(settle_for_ever(service.clone()));
        }
        if let Some(file) = &args.sms_file {
            tokio::spawn(send_for_ever(service.clone(), SmsGateway::File(file.clone())));
        }
        tokio::spawn(tidy_for_ever(service.clone(), !args.no_settle));
        let limits = Limits { is_behind_proxy: args.behind_proxy, ..if args.no_rates { Limits::none() } else { Limits::default() } };
        let pages = WebOptions { is_https: args.behind_proxy, ..WebOptions::default() };
        let served = serve(faces(service.clone(), limits, pages), listener).await;
        service.audit_flush().await;
        served
    })
}

/// Takes the port, before any work is done that a taken port would waste.
///
/// # Errors
/// [`Failure`] with code `listen_not_loopback` or `listen_failed`.
pub async fn listen(address: SocketAddr, behind_proxy: bool) -> Result<TcpListener, Failure> {
    if !address.ip().is_loopback() && !behind_proxy {
        let message = format!("{address} can be reached from other machines, and PINs would pass unencrypted");
        let next = "listen on 127.0.0.1 or [::1], or put a proxy that speaks https in front and say --behind-proxy";
        return Err(Failure::bad_input("listen_not_loopback", message).with_next(next));
    }
    TcpListener::bind(address).await.map_err(|error| {
        let message = format!("cannot listen on {address}: {error}");
        Failure::environment("listen_failed", message).with_next("choose another port with --listen 127.0.0.1:PORT")
    })
}

/// Pages for people under `/app`, the REST interface everywhere else.
pub fn faces(service: Service, limits: Limits, pages: WebOptions) -> Router {
    let (pages, rest) = (web::router(service.clone(), pages), api::router(service, limits));
    Router::new().fallback(move |request: Request| {
        let path = request.uri().path();
        let is_page = path == "/" || path == "/app" || path.starts_with("/app/") || path.starts_with("/static/");
        if is_page { pages.clone().oneshot(request) } else { rest.clone().oneshot(request) }
    })
}

/// Answers requests until the process is told to stop, then lets running ones end.
///
/// # Errors
/// [`Failure`].
pub async fn serve(faces: Router, listener: TcpListener) -> Result<Exit, Failure> {
    let address = listener.local_addr().map_err(|error| Failure::environment("listen_failed", error.to_string()))?;
    output::text(&format!("open http://{address}/ in a browser, http://{address}/docs for programs; stop with Ctrl-C\n"))?;
    let served = web::serve(listener, faces, stop()).await;
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
        if let Err(error) = service.market_joint_rounds(service::policy::Actor::System).await {
            tracing::error!(code = error.code(), "the joint clearings were not held: {error}");
        }
        for cluster in clusters {
            if let Err(error) = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await {
                tracing::error!(code = error.code(), cluster = %cluster.code, "not settled: {error}");
            }
        }
    }
}

/// Clears away what is over and reconciles, again and again.
async fn tidy_for_ever(service: Service, reconciles: bool) {
    let mut every = tokio::time::interval(TIDY_EVERY);
    loop {
        every.tick().await;
        if let Err(error) = service.account_tidy().await {
            tracing::warn!(code = error.code(), "what is over was not cleared away: {error}");
        }
        if let Err(error) = service.events_prune(service::policy::Actor::System).await {
            tracing::warn!(code = error.code(), "old events were not cleared away: {error}");
        }
        if reconciles {
            reconcile(&service).await;
        }
    }
}

/// Finishes what stopped between clusters and compares their clearing accounts; what differs is logged and told by the use case.
pub async fn reconcile(service: &Service) {
    if let Err(error) = service.clearing_watch().await {
        tracing::error!(code = error.code(), "the clearing accounts were not compared: {error}");
    }
}

/// Sends the texts that wait, again and again.
pub async fn send_for_ever(service: Service, gateway: SmsGateway) {
    let mut every = tokio::time::interval(SEND_EVERY);
    loop {
        every.tick().await;
        match service.sms_deliver(&gateway).await {
            Ok(report) if report.failed > 0 => tracing::warn!(failed = report.failed, "texts were given up"),
            Ok(_) => {}
            Err(error) => tracing::warn!(code = error.code(), "texts cannot be sent: {error}"),
        }
    }
}
