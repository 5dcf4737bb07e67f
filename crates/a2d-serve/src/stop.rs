//! When the service is asked to stop.

use tokio::signal;

/// Waits until the process is asked to stop: by Ctrl-C, or on Unix by SIGTERM.
pub async fn asked_to_stop() {
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            // Nobody can say it that way.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
