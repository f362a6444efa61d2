//! An address space, as its methods see it.

use std::fmt;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;

use crate::address_space::address_space::AddressSpace;
use crate::address_space::contents::{Contents, Shared};
use crate::handler::registered::Home;
use crate::handler::registry::Registry;
use crate::space::key::MethodKey;

impl Default for AddressSpace {
    fn default() -> Self {
        let shared = Arc::new_cyclic(|own: &Weak<Shared>| {
            let registry: Weak<dyn Registry> = own.clone();
            let home = Arc::new(Home { registry: Some(registry), ..Home::default() });
            let contents = Contents { home, ..Contents::default() };
            Shared { contents: ArcSwap::from_pointee(contents), ..Shared::default() }
        });
        Self { shared }
    }
}

impl Registry for Shared {
    fn take_back(self: Arc<Self>, key: MethodKey) {
        AddressSpace { shared: self }.remove(key);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
