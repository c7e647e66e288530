//! The shop at the other end: the connection, its currency and its time zone.

use std::{path::PathBuf, time::Duration};

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;
use kassa_client::{
    Answer, Call, Error, Kassa, Reason,
    proto::{
        money::Currency,
        v1::{self, GetSettingsRequest, Settings},
    },
};
use prost_types::Timestamp;

use crate::{
    args::Options,
    failure::{Failure, Repeat},
};

/// The data folder of a server that was started in this folder.
const DATA_FOLDER: &str = "kassa-data";
/// Somebody is waiting: fewer attempts than a terminal makes.
const ATTEMPTS: u32 = 4;

pub struct Shop {
    pub kassa: Kassa,
    server: String,
    /// Where a token was looked for, if there was none.
    no_token: Option<PathBuf>,
    /// Whether a language was asked for.
    has_language: bool,
    key: Option<String>,
    /// As given with `--register`; empty is the terminal's own.
    pub register: String,
    /// As given with `--grant`.
    pub grants: Vec<String>,
    /// Where `kassa sign-in` keeps the session's token: beside the terminal's.
    pub session_file: PathBuf,
}

/// Whose token a command comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// Of who is signed in here; the terminal's own where nobody is.
    User,
    /// The terminal's own.
    Terminal,
}

/// Where the server of this machine leaves its token: the variable that names its data folder is the server's own.
fn local_token() -> PathBuf {
    let folder = std::env::var_os("KASSA_DATA_DIR").filter(|folder| !folder.is_empty());
    folder.map_or_else(|| PathBuf::from(DATA_FOLDER), PathBuf::from).join("keys/local.token")
}

impl Shop {
    pub fn connect(options: &Options, timeout: Duration, who: As) -> Result<Self, Failure> {
        let builder =
            Kassa::builder(&options.server).attempts(ATTEMPTS).timeout(timeout).total_time(timeout * 2);
        let builder = match options.language {
            Some(language) => builder.language(language.tag()),
            None => builder,
        };
        let token_file = options.token_file.clone().unwrap_or_else(local_token);
        let session_file = token_file.with_added_extension("session");
        let (builder, no_token) = match &options.token_file {
            _ if who == As::User && session_file.exists() => (builder.token_file(&session_file), None),
            Some(file) => (builder.token_file(file), None),
            None if token_file.exists() => (builder.token_file(&token_file), None),
            // The server may not be there at all, which is the better thing to hear.
            None => (builder, Some(token_file)),
        };
        Ok(Self {
            kassa: builder.build()?,
            server: options.server.clone(),
            no_token,
            has_language: options.language.is_some(),
            key: options.key.clone(),
            register: options.register.clone().unwrap_or_default(),
            grants: options.grants.clone(),
            session_file,
        })
    }

    /// Makes a call, under `--key` where the call changes something.
    pub async fn call<Q, A>(&self, call: Call<Q, A>) -> Result<Answer<A>, Failure>
    where
        Call<Q, A>: IntoFuture<Output = Result<Answer<A>, Error>>,
    {
        let call = match &self.key {
            Some(key) => call.key(key),
            None => call,
        };
        self.call_as_is(call).await
    }

    /// Makes a call that has its own key.
    pub async fn call_as_is<Q, A>(&self, call: Call<Q, A>) -> Result<Answer<A>, Failure>
    where
        Call<Q, A>: IntoFuture<Output = Result<Answer<A>, Error>>,
    {
        let method = call.method();
        call.await.map_err(|error| self.failure(method, error))
    }

    /// A call that failed.
    pub fn failure(&self, method: &'static str, error: Error) -> Failure {
        let wants_one = error.reason() == Some(Reason::TokenInvalid);
        Failure::Call {
            no_token: self.no_token.clone().filter(|_| wants_one),
            server: self.server.clone(),
            method,
            error,
            to_people: self.has_language,
            repeat: Repeat::WithItsKey,
        }
    }

    /// The key given with `--key`.
    pub fn chosen_key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub async fn settings(&self) -> Result<Settings, Failure> {
        let answer = self.call(self.kassa.admin().get_settings(GetSettingsRequest::default())).await?;
        Ok(answer.into_inner().settings.unwrap_or_default())
    }

    pub async fn currency(&self) -> Result<Currency, Failure> {
        currency(&self.settings().await?)
    }

    /// The shop's clock, for showing times.
    pub async fn clock(&self) -> Result<Clock, Failure> {
        Ok(Clock(self.settings().await?.time_zone.parse().unwrap_or(Tz::UTC)))
    }
}

pub fn currency(settings: &Settings) -> Result<Currency, Failure> {
    let code = &settings.currency_code;
    let unknown = || Failure::Refused(format!("the shop's currency {code} is not known to this program"));
    Currency::from_code(code).ok_or_else(unknown)
}

/// Shows times as the shop's own clock does.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Tz);

impl Clock {
    /// Where the shop's time zone can't be known.
    pub fn utc() -> Self {
        Self(Tz::UTC)
    }

    /// `2026-11-20 14:30:05`; nothing where there is no time.
    pub fn show(self, time: Option<&Timestamp>) -> String {
        let instant = time.and_then(|time| {
            DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).unwrap_or_default())
        });
        instant.map_or_else(String::new, |instant| {
            instant.with_timezone(&self.0).format("%Y-%m-%d %H:%M:%S").to_string()
        })
    }

    /// What this clock showed, or shows later; where it was put forward just then, the first time after.
    pub fn read(self, shown: NaiveDateTime) -> Timestamp {
        let hours = (0..24).filter_map(|hours| shown.checked_add_signed(TimeDelta::hours(hours)));
        let mut times = hours.filter_map(|time| self.0.from_local_datetime(&time).earliest());
        let seconds = times.next().map_or_else(|| shown.and_utc().timestamp(), |time| time.timestamp());
        Timestamp { seconds, nanos: 0 }
    }

    pub fn zone(self) -> &'static str {
        self.0.name()
    }
}

/// `2026-11-20`; nothing where there is no date.
pub fn date(date: Option<&v1::Date>) -> String {
    date.map_or_else(String::new, |date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_shops() {
        let noon = Timestamp { seconds: 1_795_176_000, nanos: 0 };
        assert_eq!(Clock(Tz::UTC).show(Some(&noon)), "2026-11-20 12:00:00");
        assert_eq!(Clock(Tz::Africa__Cairo).show(Some(&noon)), "2026-11-20 14:00:00");
        assert_eq!(Clock(Tz::UTC).show(None), "");
        let shown = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        assert_eq!(Clock(Tz::Africa__Cairo).read(shown("2026-11-20 14:00")), noon);
        // Egypt's clocks are put forward at midnight.
        let first = Clock(Tz::Africa__Cairo).read(shown("2026-04-24 00:00"));
        assert_eq!(Clock(Tz::Africa__Cairo).show(Some(&first)), "2026-04-24 01:00:00");
    }
}
