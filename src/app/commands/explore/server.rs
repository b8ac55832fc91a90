//! HTTP for one reader on this machine: a port of the loopback alone, an address that nobody can guess, answers one by one.

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use anyhow::Context;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::render::page::policy;

use super::answers::{Answer, Answers};
use super::gate;

/// A request that does not end is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// A browser opens a few; more wait until one is closed, so that descriptors do not run out.
const MOST_CONNECTIONS: usize = 64;
/// No request of a page of ours has more before its body.
const LARGEST_HEAD: usize = 16 << 10;

/// Where questions come in.
pub struct Door {
    listener: TcpListener,
    token: String,
    port: u16,
}

impl Door {
    /// Listens at a port of the loopback.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn open(port: u16) -> anyhow::Result<Door> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("--port {port}: can't listen there; without --port any free one is taken"))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no random numbers for the address: {error}"))?;
        let token = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Door { listener, token, port })
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}/", self.port, self.token)
    }

    /// Answers until Ctrl-C.
    ///
    /// # Errors
    /// When the system takes the port away.
    pub fn serve(self, answers: &Answers<'_>) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let Door { listener, token, port } = self;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let mut connections = futures_util::stream::FuturesUnordered::new();
            let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
            loop {
                use futures_util::StreamExt;
                tokio::select! {
                    _ = &mut interrupt => return Ok(()),
                    accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                        // A connection that is gone already is nobody's loss.
                        let Ok((stream, _)) = accepted else { continue };
                        let token = &token;
                        let service = service_fn(move |request: Request<Incoming>| async move {
                            Ok::<_, Infallible>(respond(&request, answers, token, port))
                        });
                        connections.push(
                            http1::Builder::new()
                                .timer(TokioTimer::new())
                                .header_read_timeout(PATIENCE)
                                .max_buf_size(LARGEST_HEAD)
                                .half_close(false)
                                .serve_connection(TokioIo::new(stream), service),
                        );
                    }
                    Some(_) = connections.next(), if !connections.is_empty() => {}
                }
            }
        })
    }
}

fn respond(request: &Request<Incoming>, answers: &Answers<'_>, token: &str, port: u16) -> Response<Full<Bytes>> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    // Two hosts are none.
    let host = hosts.next().filter(|_| hosts.next().is_none()).and_then(|host| host.to_str().ok());
    let (status, answer) = match gate::read(request.method(), request.uri(), host, token, port) {
        Ok(question) => match answers.to(&question) {
            Some(answer) => (StatusCode::OK, answer),
            None => (StatusCode::NOT_FOUND, Answer::Text("there is no such object".to_owned())),
        },
        Err(status) => (status, Answer::Text(status.canonical_reason().unwrap_or("refused").to_owned())),
    };
    let (kind, body) = match answer {
        Answer::Page(page) => ("text/html; charset=utf-8", Bytes::from(page)),
        Answer::Json(json) => ("application/json", Bytes::from(json)),
        // A picture is read by the page's script; shown by itself it would be under no policy of its own.
        Answer::Text(text) => ("text/plain; charset=utf-8", Bytes::from(text)),
    };
    let length = body.len();
    let body = if *request.method() == Method::HEAD { Bytes::new() } else { body };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let policy = format!("{}; frame-ancestors 'none'", policy(Some("'self'")));
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    // What comes after a refused request is not read.
    if status != StatusCode::OK {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
