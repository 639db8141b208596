//! What every request shares.

use crate::limits::{Limits, Rates};
use crate::live::Hub;
use crate::problem::Problem;
use axum::body::Bytes;
use axum::http::Method;
use domain::{ClusterCode, ClusterId};
use service::Service;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use store::tables::ClusterRow;

/// Codes of clusters kept in memory.
const CODES_KEPT_MAX: usize = 100_000;

/// What every request shares. Cheap to copy.
#[derive(Clone)]
pub(crate) struct Api(Arc<Shared>);

struct Shared {
    service: Service,
    limits: Limits,
    rates: Rates,
    live: Hub,
    /// A code belongs to one cluster for ever.
    ids: RwLock<HashMap<String, ClusterId>>,
    started_ms: i64,
    requests: AtomicU64,
    /// What one has to sign in for: methods by address.
    secured: HashMap<String, Vec<Method>>,
    document: Bytes,
    page: Bytes,
}

impl Api {
    pub(crate) fn new(service: Service, limits: Limits, secured: HashMap<String, Vec<Method>>, (document, page): (Bytes, Bytes)) -> Self {
        let (rates, started_ms) = (Rates::new(&limits), service.now().0);
        let shared = Shared {
            service,
            limits,
            rates,
            live: Hub::default(),
            ids: RwLock::default(),
            started_ms,
            requests: AtomicU64::new(0),
            secured,
            document,
            page,
        };
        Self(Arc::new(shared))
    }

    pub(crate) fn service(&self) -> &Service {
        &self.0.service
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.0.rates
    }

    pub(crate) fn live(&self) -> &Hub {
        &self.0.live
    }

    /// Whether one has to sign in for the operation at this address.
    pub(crate) fn is_secured(&self, route: &str, method: &Method) -> bool {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.secured.get(route).is_some_and(|methods| methods.contains(method))
    }

    /// The OpenAPI document as JSON.
    pub(crate) fn document(&self) -> Bytes {
        self.0.document.clone()
    }

    /// The documentation as a page.
    pub(crate) fn page(&self) -> Bytes {
        self.0.page.clone()
    }

    /// The number of the next request: when the server started, and a count.
    pub(crate) fn request_id(&self) -> String {
        format!("{:x}-{:x}", self.0.started_ms, self.0.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// The cluster with the code in a path.
    ///
    /// # Errors
    /// `cluster_code_invalid`, `cluster_unknown`, what the store says.
    pub(crate) async fn cluster(&self, code: &str) -> Result<ClusterRow, Problem> {
        Ok(self.service().cluster(&crate::input::code(code)?).await?)
    }

    /// The id of the cluster with the code in a path, without asking the store a second time.
    ///
    /// # Errors
    /// As [`Api::cluster`].
    pub(crate) async fn cluster_id(&self, text: &str) -> Result<ClusterId, Problem> {
        if let Some(&id) = self.0.ids.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(id);
        }
        let code: ClusterCode = crate::input::code(text)?;
        let id = self.service().cluster(&code).await?.id;
        let mut ids = self.0.ids.write().unwrap_or_else(PoisonError::into_inner);
        if ids.len() < CODES_KEPT_MAX {
            ids.insert(code.to_string(), id);
        }
        Ok(id)
    }
}
