//! Beginning a client: everything that can be wrong is found here, before anything is sent.

use std::{fmt, io, path::PathBuf, time::Duration};

use tonic::{
    codegen::http::Uri,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

use crate::{Kassa, kassa::Connection};

/// How long connecting may take, where an attempt has more time than that.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A silent connection is asked for a sign of life this often, idle or not, so that a terminal that
/// slept or lost its cable finds out before the next sale. The server allows it.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Nothing here waits longer than this, so that no sum of times can overflow.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
const SHORTEST: Duration = Duration::from_millis(1);

/// Begins a [`Kassa`]; made by [`Kassa::builder`].
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    address: String,
    token: Token,
    language: Option<String>,
    timeout: Duration,
    total_time: Duration,
    attempts: u32,
}

enum Token {
    None,
    Text(String),
    File(PathBuf),
}

impl Builder {
    pub(crate) fn new(address: String) -> Self {
        Self {
            address,
            token: Token::None,
            language: None,
            timeout: Duration::from_secs(10),
            total_time: Duration::from_secs(60),
            attempts: 8,
        }
    }

    /// The terminal's token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Token::Text(token.into());
        self
    }

    /// A file with the terminal's token, read once, when the client is built.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.token = Token::File(path.into());
        self
    }

    /// The language of messages to people: `ar` or `en`.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// How long one attempt may take: 10 seconds where not given. The server learns it as the call's deadline.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.clamp(SHORTEST, LONGEST);
        self
    }

    /// How long a call may take with all its attempts and the pauses between them: 60 seconds where not given.
    pub fn total_time(mut self, total_time: Duration) -> Self {
        self.total_time = total_time.clamp(SHORTEST, LONGEST);
        self
    }

    /// How often a call is attempted at most, the first time included: 8 where not given, 1 is no retries.
    ///
    /// Attempted again is what can't happen twice (reads, and calls under a key) when the server can't be
    /// reached, the connection breaks, an attempt's time is up, or the server says UNAVAILABLE.
    /// RESOURCE_EXHAUSTED is attempted again only where the server says when: a full disk is not.
    /// Pauses begin at 0.1 to 0.2 seconds and double up to 5 to 10, or follow the server's hint.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Makes the client. It connects with its first call, and again whenever the connection is lost.
    ///
    /// # Errors
    ///
    /// When the address, the token or the language can't be right, or outside a Tokio runtime.
    pub fn build(self) -> Result<Kassa, BuildError> {
        let endpoint = self.endpoint()?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(BuildError::NoRuntime);
        }
        self.build_on(endpoint.connect_lazy())
    }

    /// Makes the client on a channel of one's own: a Unix socket, or a pipe in memory for tests.
    /// The address is not used.
    ///
    /// # Errors
    ///
    /// When the token or the language can't be right.
    pub fn build_on(self, channel: Channel) -> Result<Kassa, BuildError> {
        let authorization = match self.token {
            Token::None => None,
            Token::Text(token) => Some(bearer(&token)?),
            Token::File(path) => match std::fs::read_to_string(&path) {
                Ok(token) => Some(bearer(&token)?),
                Err(source) => return Err(BuildError::TokenFile { path, source }),
            },
        };
        let language = match self.language {
            None => None,
            Some(language) => match MetadataValue::try_from(&language) {
                Ok(value) => Some(value),
                Err(_) => return Err(BuildError::Language { language }),
            },
        };
        Ok(Kassa::new(Connection {
            channel,
            authorization,
            language,
            timeout: self.timeout,
            total_time: self.total_time,
            attempts: self.attempts,
        }))
    }

    fn endpoint(&self) -> Result<Endpoint, BuildError> {
        let wrong = |problem: &str| BuildError::Address {
            address: self.address.clone(),
            problem: problem.to_owned(),
        };
        let uri: Uri = self.address.parse().map_err(|error| wrong(&format!("{error}")))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(BuildError::TlsUnsupported { address: self.address.clone() }),
            Some(_) => return Err(wrong("only http:// is known")),
            None => return Err(wrong("it must begin with http://")),
        }
        if uri.path().len() > 1 || uri.query().is_some() {
            return Err(wrong("it must end with the port"));
        }
        let endpoint = Endpoint::from(uri)
            .user_agent(concat!("kassa-client/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| wrong(&format!("{error}")))?;
        Ok(endpoint
            // Half an attempt at most, so that "can't connect" is told apart from "no answer".
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout / 2))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true))
    }
}

fn bearer(token: &str) -> Result<MetadataValue<Ascii>, BuildError> {
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(BuildError::Token);
    }
    let mut value = MetadataValue::try_from(format!("Bearer {token}")).map_err(|_| BuildError::Token)?;
    // Keeps it out of HTTP/2's compression table and of debug output.
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is a secret.
        f.debug_struct("Builder").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Why a client can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is none.
    #[error("`{address}` is no address of a server: {problem} (such as http://127.0.0.1:50051)")]
    Address {
        /// As it was given.
        address: String,
        /// What is wrong.
        problem: String,
    },
    /// The address asks for TLS.
    #[error(
        "`{address}` asks for TLS, which Kassa does not have yet: use http:// on the server's own machine"
    )]
    TlsUnsupported {
        /// As it was given.
        address: String,
    },
    /// The token is empty or holds bytes that no token has.
    #[error("the token is empty or no token: it is one line of visible ASCII characters")]
    Token,
    /// The token's file can't be read.
    #[error("can't read the token file {}: {source}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The language is none.
    #[error("`{language}` is no language: `ar` or `en`")]
    Language {
        /// As it was given.
        language: String,
    },
    /// There is no Tokio runtime to run the connection on.
    #[error("a client must be built inside a Tokio runtime")]
    NoRuntime,
}
