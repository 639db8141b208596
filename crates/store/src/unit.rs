//! A unit of work, and how it is run without trusting it.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::{Result, StoreError, Tx};

/// The future of a unit: `Box::pin(async move { … })`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A closure that does one unit of work. `Fn`, because PostgreSQL may need it again.
pub(crate) trait Unit<T, E>: for<'a, 'c> Fn(&'a mut Tx<'c>) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static {}

impl<T, E, F> Unit<T, E> for F where F: for<'a, 'c> Fn(&'a mut Tx<'c>) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static {}

/// Runs a unit on the current thread. On SQLite nothing ever waits, so one poll is enough; a unit that is not ready
/// after it awaits something foreign.
pub(crate) fn run_now<T, E: From<StoreError>>(unit: &impl Unit<T, E>, tx: &mut Tx<'_>) -> Result<T, E> {
    let polled = catch_unwind(AssertUnwindSafe(|| unit(&mut *tx).as_mut().poll(&mut Context::from_waker(Waker::noop()))));
    let outcome = match polled {
        Ok(Poll::Ready(outcome)) => outcome,
        Ok(Poll::Pending) => Err(StoreError::Suspended.into()),
        Err(panic) => Err(panicked(&*panic).into()),
    };
    unless_failed(outcome, tx)
}

/// Runs a unit as a task does, turning a panic into an error.
pub(crate) async fn run_caught<T, E: From<StoreError>>(unit: &impl Unit<T, E>, tx: &mut Tx<'_>) -> Result<T, E> {
    let outcome = {
        let mut future: Option<BoxFuture<'_, Result<T, E>>> = None;
        let mut lent = Some(&mut *tx);
        std::future::poll_fn(move |context| {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                // The closure itself may panic, so it is called inside too; it is called once.
                if let Some(tx) = lent.take() {
                    future = Some(unit(tx));
                }
                future.as_mut().map_or(Poll::Pending, |future| future.as_mut().poll(context))
            }));
            polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic).into())))
        })
        .await
    };
    unless_failed(outcome, tx)
}

/// A unit that swallowed a failed statement has not done what it says.
fn unless_failed<T, E: From<StoreError>>(outcome: Result<T, E>, tx: &Tx<'_>) -> Result<T, E> {
    match (outcome, tx.failed()) {
        (Ok(_), Some(failed)) => Err(failed.into()),
        (outcome, _) => outcome,
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    StoreError::UnitPanicked(text)
}
