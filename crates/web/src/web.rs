//! What all pages of a process share.

use std::sync::Arc;
use std::time::Duration;

use domain::{Chance, ClusterCode, Msisdn, Role, SystemChance};
use quantity::Instant;
use service::Service;

use crate::browser::Limit;
use crate::form::Once;
use crate::live::Hub;
use crate::source::PageSource;

/// Somebody of a practice run, as whom a visitor may look around.
#[derive(Debug, Clone)]
pub struct PracticePerson {
    /// What the person is.
    pub role: Role,
    /// The person's name.
    pub name: String,
    /// The cluster.
    pub cluster: ClusterCode,
    /// The phone number to sign in with.
    pub phone: Msisdn,
    /// The PIN to sign in with.
    pub pin: String,
}

/// A practice run: nothing in it is real, and everybody may look around as its people.
#[derive(Debug, Clone, Default)]
pub struct Practice {
    /// As whom.
    pub people: Vec<PracticePerson>,
}

/// How the pages are served.
#[derive(Clone)]
pub struct WebOptions {
    /// Set in a practice run (the demo) alone: its people sign in with one press, and everybody may read the text messages.
    pub practice: Option<Practice>,
    /// Whether browsers reach the pages over https, through a proxy that says in `X-Forwarded-For` whom it serves; cookies are then held to
    /// this host and to encryption.
    pub is_https: bool,
    /// The region that is offered first to whoever founds a cluster.
    pub region: String,
    /// How often a listener of live figures wakes; all their other times are counted in it.
    pub live_tick: Duration,
    /// The source of chance for the secrets of forms.
    pub chance: Arc<dyn Chance>,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self { practice: None, is_https: false, region: "kabwe".to_owned(), live_tick: Duration::from_secs(5), chance: Arc::new(SystemChance) }
    }
}

/// The shared state; a copy is cheap.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    source: Arc<dyn PageSource>,
    service: Option<Service>,
    options: WebOptions,
    once: Once,
    tries: Limit,
    live: Hub,
}

impl Web {
    /// Pages over `service`; without one, `source` is shown to everybody, for looking at fixtures.
    pub fn new(source: Arc<dyn PageSource>, service: Option<Service>, options: WebOptions) -> Self {
        Self(Arc::new(Inner { source, service, options, once: Once::default(), tries: Limit::default(), live: Hub::default() }))
    }

    /// Who holds what the pages show.
    pub fn source(&self) -> &dyn PageSource {
        &*self.0.source
    }

    /// The use cases, if there are any.
    pub fn service(&self) -> Option<&Service> {
        self.0.service.as_ref()
    }

    /// How the pages are served.
    pub fn options(&self) -> &WebOptions {
        &self.0.options
    }

    /// The answers to forms of the last minutes.
    pub fn once(&self) -> &Once {
        &self.0.once
    }

    /// Who has tried how often.
    pub fn tries(&self) -> &Limit {
        &self.0.tries
    }

    /// The live parts.
    pub fn live(&self) -> &Hub {
        &self.0.live
    }

    /// Now for what people do at their keys; the beginning of time where there is no service.
    pub fn now(&self) -> Instant {
        self.service().map_or(Instant(0), Service::people_now)
    }

    /// 128 random bits as 32 hex digits.
    ///
    /// # Errors
    /// [`domain::NoChance`].
    pub fn secret(&self) -> Result<String, domain::NoChance> {
        let bytes: [u8; 16] = self.0.options.chance.bytes()?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
