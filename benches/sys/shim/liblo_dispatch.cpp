// liblo's dispatching: a server that nothing is sent to, given packets by hand.

#include "shim.h"

#include <lo/lo.h>

struct shim_liblo_space {
    lo_server server;
    uint64_t sum;
};

namespace {

int add(const char *, const char *, lo_arg **argv, int, lo_message, void *user) {
    *static_cast<uint64_t *>(user) += sum_float(argv[0]->f);
    return 0;
}

} // namespace

shim_liblo_space *shim_liblo_space_new() {
    lo_server server = lo_server_new(nullptr, nullptr);
    if (server == nullptr) {
        return nullptr;
    }
    lo_server_enable_queue(server, 0, 1);
    return new shim_liblo_space{server, 0};
}

bool shim_liblo_space_add(shim_liblo_space *space, const char *path) {
    return lo_server_add_method(space->server, path, "f", add, &space->sum) != nullptr;
}

bool shim_liblo_space_dispatch(shim_liblo_space *space, const char *packet, size_t size, uint64_t n, uint64_t *sum) {
    while (n-- > 0) {
        space->sum = 0;
        char *data = const_cast<char *>(hide(packet));
        if (lo_server_dispatch_data(space->server, data, hide(size)) < 0) {
            return false;
        }
        *sum = hide(space->sum);
    }
    return true;
}

void shim_liblo_space_free(shim_liblo_space *space) {
    lo_server_free(space->server);
    delete space;
}
