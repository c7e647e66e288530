//! Writes a handle per service of the contract with a method per RPC. What a method does with ids and keys is what the
//! RPC's option says (`kassa/v1/options.proto`), and its documentation is the RPC's own comment.

use std::{env, error::Error, fmt::Write as _, fs, path::PathBuf};

use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FileDescriptor, Kind, MethodDescriptor,
    ReflectMessage as _, ServiceDescriptor, Value,
};

fn main() -> Result<(), Box<dyn Error>> {
    let descriptors = env::var("DEP_KASSA_PROTO_DESCRIPTORS")?;
    println!("cargo::rerun-if-changed={descriptors}");
    let contract = DescriptorPool::decode(fs::read(descriptors)?.as_slice())?;
    let option = contract.get_extension_by_name("kassa.v1.rpc").ok_or("the contract has no option `rpc`")?;
    let mut code = String::new();
    for service in contract.services() {
        write_service(&mut code, &service, &option)?;
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("services.rs"), code)?;
    Ok(())
}

fn write_service(
    code: &mut String,
    service: &ServiceDescriptor,
    option: &ExtensionDescriptor,
) -> Result<(), Box<dyn Error>> {
    let handle = service.name();
    let about = documentation(&comment(&service.parent_file(), service.path()));
    write_comment(code, "", &about)?;
    writeln!(code, "#[derive(Debug, Clone)]\npub struct {handle}(Kassa);\n")?;
    writeln!(code, "impl Kassa {{")?;
    write_comment(code, "    ", &about)?;
    writeln!(code, "    #[must_use]\n    pub fn {}(&self) -> {handle} {{", snake_case(handle))?;
    writeln!(code, "        {handle}(self.clone())\n    }}\n}}\n")?;
    writeln!(code, "impl {handle} {{")?;
    for method in service.methods() {
        write_method(code, &method, option)?;
    }
    writeln!(code, "}}\n")?;
    Ok(())
}

fn write_method(
    code: &mut String,
    method: &MethodDescriptor,
    option: &ExtensionDescriptor,
) -> Result<(), Box<dyn Error>> {
    let service = method.parent_service();
    let path = format!("/{}/{}", service.full_name(), method.name());
    let options = method.options();
    let facts = options.get_extension(option);
    let facts = facts.as_message().ok_or_else(|| format!("{path} has no option"))?;
    let id = facts.get_field_by_name("id").and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
    let of_id = format!("|request| &mut request.{id}");
    let (call, sentence) = match (kind(facts).as_deref(), id.as_str()) {
        _ if method.is_server_streaming() => (
            format!("PartsCall::new(&self.0, {path:?}, request)"),
            "Its answer comes in [`Parts`](crate::Parts). It is sent once.".to_owned(),
        ),
        (Some("KIND_READ"), "") => (format!("Call::read(&self.0, {path:?}, request)"), String::new()),
        (Some("KIND_ONCE"), "") => (
            format!("Call::once(&self.0, {path:?}, request)"),
            "It is attempted again only where nothing can have happened: a second time may be another thing."
                .to_owned(),
        ),
        (Some("KIND_SAVE"), id) if !id.is_empty() => (
            format!("Call::save(&self.0, {path:?}, request, {of_id})"),
            format!(
                "An empty `{id}` is filled. It carries no key: the version keeps it from happening twice, so \
                 it is attempted again like a read."
            ),
        ),
        (Some("KIND_CHANGE"), "") => (
            format!("Call::change(&self.0, {path:?}, request)"),
            "The key is made here unless [`Call::key`] gives one.".to_owned(),
        ),
        (Some("KIND_CHANGE"), id) => (
            format!("Call::make(&self.0, {path:?}, request, {of_id})"),
            format!("An empty `{id}` is filled; the key is the `{id}` unless [`Call::key`] gives another."),
        ),
        (kind, id) => return Err(format!("{path}: a client can't be made for {kind:?} and {id:?}").into()),
    };
    let mut about = documentation(&comment(&service.parent_file(), method.path()));
    if !sentence.is_empty() {
        about.extend([String::new(), sentence]);
    }
    write_comment(code, "    ", &about)?;
    let (request, response) = (method.input(), method.output());
    let (request, response) = (request.name(), response.name());
    let returned = if method.is_server_streaming() { "PartsCall" } else { "Call" };
    writeln!(
        code,
        "    pub fn {}(&self, request: v1::{request}) -> {returned}<v1::{request}, v1::{response}> {{",
        snake_case(method.name()),
    )?;
    writeln!(code, "        {call}\n    }}\n")?;
    Ok(())
}

/// The name of the option's `kind`.
fn kind(facts: &DynamicMessage) -> Option<String> {
    let field = facts.descriptor().get_field_by_name("kind")?;
    match (field.kind(), facts.get_field(&field).as_ref()) {
        (Kind::Enum(kinds), Value::EnumNumber(number)) => Some(kinds.get_value(*number)?.name().to_owned()),
        _ => None,
    }
}

/// What stands above a declaration in its file.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let place = info.and_then(|info| info.location.iter().find(|place| place.path == path));
    place.and_then(|place| place.leading_comments.clone()).unwrap_or_default()
}

/// A comment of the contract as lines of Rust documentation: its reasons are a paragraph of their own, and no sign in
/// its words is taken for a link or for HTML.
fn documentation(comment: &str) -> Vec<String> {
    // What is between backticks is code already.
    let parts = comment.trim_end().split('`').enumerate().map(|(place, part)| match place % 2 {
        0 => part.replace('[', "\\[").replace(']', "\\]").replace('<', "\\<").replace('>', "\\>"),
        _ => part.to_owned(),
    });
    let mut lines = Vec::new();
    for line in parts.collect::<Vec<_>>().join("`").lines() {
        let line = line.strip_prefix(' ').unwrap_or(line);
        if line.starts_with("Errors: ") {
            lines.push(String::new());
        }
        lines.push(line.to_owned());
    }
    lines
}

fn write_comment(code: &mut String, indent: &str, lines: &[String]) -> Result<(), std::fmt::Error> {
    for line in lines {
        writeln!(code, "{}", format!("{indent}/// {line}").trim_end())?;
    }
    Ok(())
}

/// `CompleteSale` as `complete_sale`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (place, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && place > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
