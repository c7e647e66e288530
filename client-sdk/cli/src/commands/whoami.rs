//! `kassa whoami`

use kassa_client::proto::v1::WhoAmIRequest;

use crate::{
    failure::Failure,
    message::{self, word},
    output::Output,
    shop::Shop,
    table::facts,
};

pub async fn run(shop: &Shop, output: Output) -> Result<(), Failure> {
    let me = shop.call(shop.kassa.access().who_am_i(WhoAmIRequest::default())).await?;
    output.json(|| message::to_json("WhoAmIResponse", &*me))?;
    output.text(facts([
        ("user", if me.user_id.is_empty() { "nobody is signed in".to_owned() } else { me.user_name.clone() }),
        ("role", word(me.role().as_str_name(), "ROLE_").replace("unspecified", "none")),
        ("terminal", me.terminal_name.clone()),
        ("register", me.register_code.clone()),
        ("branch", me.branch_code.clone()),
    ]))
}
