// liblo's server, run by hand: a method that reads its arguments.

#include "shim.h"

#include <unistd.h>

#include <lo/lo.h>

struct shim_liblo_server {
    lo_server server;
    uint64_t count;
    uint64_t sum;
};

namespace {

int pair(const char *, const char *, lo_arg **args, int, lo_message, void *data) {
    auto server = static_cast<shim_liblo_server *>(data);
    server->sum = hide(sum_int(args[0]->i) + sum_float(args[1]->f));
    ++server->count;
    return 0;
}

int one_float(const char *, const char *, lo_arg **args, int, lo_message, void *data) {
    auto server = static_cast<shim_liblo_server *>(data);
    server->sum = hide(sum_float(args[0]->f));
    ++server->count;
    return 0;
}

} // namespace

shim_liblo_server *shim_liblo_serve(int fd, bool stream, const char *types) {
    auto method = std::strcmp(types, "f") == 0 ? one_float : pair;
    lo_server server = lo_server_new_with_proto("0", stream ? LO_TCP : LO_UDP, nullptr);
    if (server == nullptr) {
        return nullptr;
    }
    int own = lo_server_get_socket_fd(server);
    auto data = new shim_liblo_server{server, 0, 0};
    bool added = lo_server_add_method(server, "/synth/voice/1/freq", types, method, data);
    if (!added || dup2(fd, own) != own) {
        shim_liblo_stop(data);
        return nullptr;
    }
    return data;
}

bool shim_liblo_receive(shim_liblo_server *server, uint64_t n, uint64_t *sum) {
    uint64_t end = server->count + n;
    // Each failure is a wait of ten seconds, or an error.
    int failures = 0;
    while (server->count < end) {
        if (lo_server_recv(server->server) <= 0 && ++failures > 3) {
            return false;
        }
    }
    *sum = server->sum;
    return true;
}

void shim_liblo_stop(shim_liblo_server *server) {
    lo_server_free(server->server);
    delete server;
}
