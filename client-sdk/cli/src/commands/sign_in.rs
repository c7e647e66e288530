//! `kassa sign-in` and `kassa sign-out`: who stands at this terminal.
//!
//! The session's token lies beside the terminal's, and the other commands use it while it is there.

use clap::Args;
use kassa_client::proto::v1::{SignInRequest, SignOutRequest};
use serde_json::json;

use crate::{
    failure::Failure,
    message::word,
    output::Output,
    secret::{self, Pins},
    shop::Shop,
};

#[derive(Debug, Args)]
pub struct SignIn {
    /// The user, such as amal
    user: String,
    /// Read the PIN from standard input
    #[arg(long)]
    pin_stdin: bool,
}

pub async fn sign_in(shop: &Shop, sign_in: SignIn, output: Output) -> Result<(), Failure> {
    let pin = Pins::from(sign_in.pin_stdin).ask(&format!("PIN of {}", sign_in.user))?;
    let request = SignInRequest { user_id: sign_in.user, pin };
    let session = shop.call(shop.kassa.access().sign_in(request)).await?;
    secret::write(&shop.session_file, &session.token)?;
    let role = word(session.role().as_str_name(), "ROLE_");
    output.json(|| {
        Ok(json!({
            "user_id": session.user_id,
            "user_name": session.user_name,
            "user_display_name": session.user_display_name,
            "role": session.role().as_str_name(),
            "session_file": shop.session_file.display().to_string(),
        }))
    })?;
    output.text(format!("{} is signed in here as {role}, until `kassa sign-out`", session.user_display_name))
}

pub async fn sign_out(shop: &Shop, output: Output) -> Result<(), Failure> {
    // Whatever the server says, this machine forgets the session first.
    let was_there = secret::remove(&shop.session_file)?;
    shop.call(shop.kassa.access().sign_out(SignOutRequest {})).await?;
    output.json(|| Ok(json!({ "session_removed": was_there })))?;
    output.text("nobody is signed in here any more")
}
