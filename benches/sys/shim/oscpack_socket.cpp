// oscpack's listening socket, used as its own examples use it: a listener that reads through the argument stream.

#include "shim.h"

#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <memory>

#include <oscpack/ip/UdpSocket.h>
#include <oscpack/osc/OscPacketListener.h>

struct shim_oscpack_socket : osc::OscPacketListener {
    UdpListeningReceiveSocket socket{IpEndpointName(127, 0, 0, 1, IpEndpointName::ANY_PORT), this};
    uint64_t left = 0;
    uint64_t sum = 0;

    void ProcessMessage(const osc::ReceivedMessage &message, const IpEndpointName &) override {
        osc::int32 number;
        float pitch;
        message.ArgumentStream() >> number >> pitch >> osc::EndMessage;
        sum = hide(sum_int(number) + sum_float(pitch));
        if (--left == 0) {
            socket.Break();
        }
    }
};

namespace {

bool is_datagram_socket(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

} // namespace

shim_oscpack_socket *shim_oscpack_listen(int fd) {
    // oscpack tells nobody the number of its socket. A new one has the lowest number that is free.
    int lowest = dup(fd);
    if (lowest < 0) {
        return nullptr;
    }
    close(lowest);
    try {
        auto socket = std::make_unique<shim_oscpack_socket>();
        bool found = is_datagram_socket(lowest);
        return found && dup2(fd, lowest) == lowest ? socket.release() : nullptr;
    } catch (const std::exception &) {
        return nullptr;
    }
}

bool shim_oscpack_receive(shim_oscpack_socket *socket, uint64_t n, uint64_t *sum) {
    if (n == 0) {
        return false;
    }
    try {
        socket->left = n;
        socket->socket.Run();
        *sum = socket->sum;
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

void shim_oscpack_close(shim_oscpack_socket *socket) { delete socket; }
