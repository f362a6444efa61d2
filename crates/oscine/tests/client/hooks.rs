//! Hooks that use the client whose packets they are asked about.

use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use oscine::transport::hook::{self, Verdict};
use oscine::transport::{PeerAddr, SendError};
use oscine::{AddressSpace, Client, ClientError, ClientSender, RequestError};
use tokio::runtime::Builder;

use crate::common::{Running, within};

/// What came of using a client from within.
type Seen = Arc<Mutex<Vec<String>>>;

fn of(error: &ClientError) -> &'static str {
    match error {
        ClientError::Send(SendError::InHook) => "in hook",
        other => panic!("{other:?}"),
    }
}

/// Does all that a sender can do.
fn use_it(sender: &ClientSender, seen: &Seen) {
    let mut outcomes = vec![match sender.try_send(("/x", 1)) {
        Ok(()) => "sent",
        Err(error) => of(&error),
    }];
    outcomes.push(match sender.send(("/x", 2)).now_or_never() {
        Some(Ok(())) => "sent",
        Some(Err(error)) => of(&error),
        None => "waits",
    });
    outcomes.push(match sender.request(("/x", 3), "/never").now_or_never() {
        Some(Err(RequestError::Send(error))) => of(&error),
        Some(other) => panic!("{other:?}"),
        None => "waits",
    });
    assert!(sender.state().is_none() && sender.states().is_none());
    assert!(!matches!(sender.peer(), PeerAddr::Unnamed));
    let _ = sender.stats();
    seen.lock().unwrap().push(outcomes.join(", "));
}

/// On a thread of its own, as one that waits for itself would not come to any limit.
#[test]
fn a_hook_may_ask_its_own_client_for_anything_and_is_answered_at_once() {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(hooks_ask());
        tell.send(()).unwrap();
    });
    told.recv_timeout(Duration::from_secs(60)).unwrap();
}

async fn hooks_ask() {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let server = Running::start(space).await;
    let tcp = format!("osc.tcp://{}", server.tcp());
    let udp = format!("osc.udp://{}", server.udp());
    let refused = "in hook, in hook, in hook";
    for (inbound, way, expected) in
        [(true, &tcp, refused), (false, &tcp, refused), (true, &udp, "sent, sent, in hook")]
    {
        let (seen, own) = (Seen::default(), Arc::new(OnceLock::<ClientSender>::new()));
        let (sees, knows) = (Arc::clone(&seen), Arc::clone(&own));
        let asked = move |_: &[u8], _: &PeerAddr| {
            // What it sends itself comes here as well.
            if sees.lock().unwrap().is_empty() {
                sees.lock().unwrap().push("begun".into());
                use_it(knows.get().unwrap(), &sees);
            }
            Verdict::Pass
        };
        let builder = Client::builder();
        let builder = match inbound {
            true => builder.hook(hook::inbound(asked)),
            false => builder.hook(hook::outbound(asked)),
        };
        let client = builder.connect(way).await.unwrap();
        own.set(client.sender()).unwrap();
        for number in 0..3 {
            let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
            assert_eq!(answer.args().parse(), Ok(number));
        }
        assert_eq!(*seen.lock().unwrap(), ["begun", expected]);
    }
    server.stop().await;
}
