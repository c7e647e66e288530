//! The contract as any client meets it: health, reflection, tokens, keys, and what stands beside
//! every answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use kassa_client::{
    Code, Reason,
    proto::{FILE_DESCRIPTOR_SET, v1 as pb},
};
use kassa_integration_tests::Shop;
use kassa_server::rpcs::rpcs;
use prost::Message;
use prost_reflect::DescriptorPool;
use prost_types::{FieldMask, FileDescriptorProto, FileDescriptorSet};
use tonic_health::pb as health;
use tonic_reflection::pb::{v1, v1alpha};

use crate::wire::{KEY, TOKEN, Wire};

const SERVICES: [&str; 10] = [
    "kassa.v1.Access",
    "kassa.v1.Admin",
    "kassa.v1.Backups",
    "kassa.v1.CashRegister",
    "kassa.v1.Catalog",
    "kassa.v1.Customers",
    "kassa.v1.Orders",
    "kassa.v1.Purchases",
    "kassa.v1.Shifts",
    "kassa.v1.Stock",
];

/// A request of nothing, which is a message of every method.
const NOTHING: pb::GetStatusRequest = pb::GetStatusRequest {};

/// The paths of all methods that the contract declares.
pub fn methods() -> Vec<String> {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file;
    let services = files.iter().flat_map(|file| file.service.iter().map(move |service| (file, service)));
    let paths = services.flat_map(|(file, service)| {
        service.method.iter().map(move |rpc| format!("/{}.{}/{}", file.package(), service.name(), rpc.name()))
    });
    paths.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_to_anybody_for_the_server_and_each_service() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    let check = async |service: &str| {
        let request = health::HealthCheckRequest { service: service.to_owned() };
        wire.call("/grpc.health.v1.Health/Check").without(TOKEN).send(&request).await
    };
    for service in SERVICES.into_iter().chain([""]) {
        let answer = check(service).await;
        assert_eq!(answer.header("kassa-epoch"), Some("1"));
        let serving = answer.message::<health::HealthCheckResponse>().status();
        assert_eq!(serving, health::health_check_response::ServingStatus::Serving, "{service:?}");
    }
    // What the health protocol says of a service that it does not know.
    let unknown = check("kassa.v1.Reports").await;
    assert_eq!(unknown.status().code(), Code::NotFound);
    assert!(unknown.header("x-request-id").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_all_services_to_anybody_in_both_versions() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    let reflect = |version: &str| {
        wire.call(&format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")).without(TOKEN)
    };

    let list = v1::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = v1::ServerReflectionRequest { message_request: Some(list), ..Default::default() };
    let answer = reflect("v1").send(&request).await.message::<v1::ServerReflectionResponse>();
    let Some(v1::server_reflection_response::MessageResponse::ListServicesResponse(listed)) =
        answer.message_response
    else {
        panic!("no list")
    };
    let names: BTreeSet<String> = listed.service.into_iter().map(|service| service.name).collect();
    let foreign = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    let all = SERVICES.into_iter().chain(foreign).map(str::to_owned).collect();
    assert_eq!(names, all, "these services there are, and no others");

    let list = v1alpha::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = v1alpha::ServerReflectionRequest { message_request: Some(list), ..Default::default() };
    let answer = reflect("v1alpha").send(&request).await.message::<v1alpha::ServerReflectionResponse>();
    let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(listed)) =
        answer.message_response
    else {
        panic!("no list")
    };
    let names: BTreeSet<String> = listed.service.into_iter().map(|service| service.name).collect();
    let foreign = ["grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"];
    assert_eq!(names, SERVICES.into_iter().chain(foreign).map(str::to_owned).collect());
}

/// A file of the contract as reflection tells it, by the name of what is in it or by its own.
async fn reflected(wire: &Wire, asked: v1::server_reflection_request::MessageRequest) -> Option<Vec<u8>> {
    let request = v1::ServerReflectionRequest { message_request: Some(asked), ..Default::default() };
    let call = wire.call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo").without(TOKEN);
    let answer = call.send(&request).await;
    if answer.status().code() == Code::NotFound {
        return None;
    }
    match answer.message::<v1::ServerReflectionResponse>().message_response {
        Some(v1::server_reflection_response::MessageResponse::FileDescriptorResponse(files)) => {
            files.file_descriptor_proto.into_iter().next()
        }
        _ => panic!("no file"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_tells_what_each_rpc_says_of_itself() {
    use v1::server_reflection_request::MessageRequest::{FileByFilename, FileContainingSymbol};

    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    // As a client does that knows nothing: a service's file, and then what each file imports.
    let mut files = BTreeMap::new();
    let mut wanted: Vec<String> = Vec::new();
    for service in SERVICES {
        let bytes = reflected(&wire, FileContainingSymbol(service.to_owned())).await.unwrap();
        let file = FileDescriptorProto::decode(bytes.as_slice()).unwrap();
        wanted.extend(file.dependency.iter().cloned());
        files.insert(file.name().to_owned(), bytes);
    }
    while let Some(name) = wanted.pop() {
        if files.contains_key(&name) {
            continue;
        }
        let bytes = reflected(&wire, FileByFilename(name.clone())).await.unwrap();
        wanted.extend(FileDescriptorProto::decode(bytes.as_slice()).unwrap().dependency);
        files.insert(name, bytes);
    }
    assert!(files.contains_key("google/protobuf/descriptor.proto"), "{:?}", files.keys());
    assert_eq!(reflected(&wire, FileByFilename("kassa/v2/orders.proto".to_owned())).await, None);

    let mut told = DescriptorPool::new();
    told.decode_file_descriptor_set(encoded_set(files.values()).as_slice()).unwrap();
    let facts = |pool: &DescriptorPool| -> BTreeMap<String, Vec<u8>> {
        let option = pool.get_extension_by_name("kassa.v1.rpc").unwrap();
        let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let facts = methods.map(|method| {
            let options = method.options();
            let facts = options.get_extension(&option);
            (method.full_name().to_owned(), facts.as_message().unwrap().encode_to_vec())
        });
        facts.collect()
    };
    let built = facts(&DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap());
    assert!(built.values().all(|facts| !facts.is_empty()));
    assert_eq!(facts(&told), built);
}

/// Encoded files as a set: field 1, over and over.
fn encoded_set<'a>(files: impl Iterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut set = Vec::new();
    for file in files {
        prost::encoding::bytes::encode(1, file, &mut set);
    }
    set
}

#[tokio::test(flavor = "multi_thread")]
async fn no_method_of_the_contract_is_open_but_the_one_that_gives_a_token() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    let methods = methods();
    assert!(!methods.is_empty());
    let services: BTreeSet<&str> = methods.iter().filter_map(|path| path[1..].split('/').next()).collect();
    assert_eq!(services, SERVICES.into_iter().collect());
    for path in methods {
        if path == "/kassa.v1.Access/PairTerminal" {
            // An empty code is none; no token was asked for.
            let refusal = wire.call(&path).without(TOKEN).send(&NOTHING).await.refusal();
            assert_eq!(refusal.place(), (Reason::InvalidField, "code"));
            continue;
        }
        let refusal = wire.call(&path).without(TOKEN).send(&NOTHING).await.refusal();
        assert_eq!((refusal.reason, refusal.code), (Reason::TokenInvalid, Code::Unauthenticated), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_needs_a_key_and_no_reading_does() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    let mut keyed = BTreeSet::new();
    for path in methods() {
        let answer = wire.call(&path).without(KEY).send(&NOTHING).await;
        if answer.header("kassa-error-reason") == Some("IDEMPOTENCY_KEY_REQUIRED") {
            assert_eq!(answer.refusal().code, Code::InvalidArgument);
            keyed.insert(path);
        }
    }
    let changes: BTreeSet<String> =
        rpcs().iter().filter(|rpc| rpc.keyed).map(|rpc| rpc.path.clone()).collect();
    assert!(changes.contains("/kassa.v1.Orders/CompleteSale"));
    assert_eq!(keyed, changes);
}

/// Sends a change twice under one key, and holds what stands beside the two answers against the contract.
async fn repeat<M>(wire: &Wire, method: &str, request: &impl Message)
where
    M: Message + Default + PartialEq + Debug,
{
    let key = format!("morning/{method}");
    let first = wire.call(method).with(KEY, &key).send(request).await;
    assert_eq!((first.header(KEY), first.header("idempotent-replayed")), (Some(key.as_str()), None));
    let again = wire.call(method).with(KEY, &key).send(request).await;
    assert_eq!((again.header(KEY), again.header("idempotent-replayed")), (Some(key.as_str()), Some("true")));
    assert_eq!(again.message::<M>(), first.message::<M>(), "{method}");
    let ids = [&first, &again].map(|answer| answer.header("x-request-id").unwrap());
    assert_ne!(ids[0], ids[1], "each try has its own id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_change_gets_its_key_and_its_first_answer_again() {
    let shop = Shop::found().await;
    let wire = Wire::to(&shop);
    repeat::<pb::OpenShiftResponse>(&wire, "Shifts/OpenShift", &pb::OpenShiftRequest::default()).await;
    let sale = shop.sale("1 x bread, cash 5.00").await;
    repeat::<pb::CompleteSaleResponse>(&wire, "Orders/CompleteSale", &sale).await;
    let product = pb::Product { sku: "tea".to_owned(), name: "Tea".to_owned(), ..Default::default() };
    let product = pb::Product { price: Some(pb::Money::default()), ..product };
    let put = pb::PutProduct { product: Some(product), opening_stock: None };
    let put = pb::PutProductsRequest { products: vec![put], ..Default::default() };
    repeat::<pb::PutProductsResponse>(&wire, "Catalog/PutProducts", &put).await;
    let settings = pb::PutSettingsRequest {
        settings: Some(pb::Settings { name: "Corner shop".to_owned(), ..Default::default() }),
        update_mask: Some(FieldMask { paths: vec!["name".to_owned()] }),
    };
    repeat::<pb::PutSettingsResponse>(&wire, "Admin/PutSettings", &settings).await;
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_gets_its_key_again_and_is_no_replay() {
    let shop = Shop::found().await;
    let sale = shop.sale("1 x bread, cash 5.00").await;
    for _ in 0..2 {
        let answer = Wire::to(&shop).call("Orders/CompleteSale").with(KEY, "too-early").send(&sale).await;
        assert_eq!(answer.refusal().reason, Reason::NoOpenShift);
        assert_eq!((answer.header(KEY), answer.header("idempotent-replayed")), (Some("too-early"), None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_id_of_its_own_and_the_epoch() {
    let shop = Shop::open().await;
    let wire = Wire::to(&shop);
    let mut ids = BTreeSet::new();
    let readings = ["Access/WhoAmI", "Admin/GetStatus", "Admin/GetSettings", "CashRegister/GetDrawer"];
    let lists = ["Orders/ListOrders", "Catalog/ListProducts", "Shifts/GetCurrentShift"];
    for method in readings.into_iter().chain(lists) {
        let answer = wire.call(method).send(&NOTHING).await;
        assert_eq!(answer.status().code(), Code::Ok, "{method}");
        assert_eq!(answer.header("kassa-epoch"), Some("1"), "{method}");
        assert_eq!(answer.header(KEY), None, "{method} takes no key, and gives none back");
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert!(ids.insert(id), "{method}: an id that was given before");
    }
    // A caller's own id is not taken over: it could be another request's.
    let mine = wire.call("Admin/GetStatus").with("x-request-id", "mine").send(&NOTHING).await;
    assert_ne!(mine.header("x-request-id"), Some("mine"));
}

#[test]
fn every_list_comes_in_pages() {
    let files = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file;
    let fields = |message: &str| -> BTreeSet<String> {
        let messages = files.iter().flat_map(|file| &file.message_type);
        let request = messages.into_iter().find(|it| it.name() == message).expect("a request of that name");
        request.field.iter().map(|field| field.name().to_owned()).collect()
    };
    for path in methods() {
        let name = path.rsplit('/').next().unwrap();
        if name.starts_with("List") {
            let has = fields(&format!("{name}Request"));
            assert!(has.contains("page_size") && has.contains("page_token"), "{name}");
            assert!(fields(&format!("{name}Response")).contains("next_page_token"), "{name}");
        } else if name.starts_with("Find") {
            assert!(fields(&format!("{name}Request")).contains("page_size"), "{name}");
        }
    }
}
