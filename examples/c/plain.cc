// SPDX-License-Identifier: MIT
// The library from C++: c++ plain.cc $(pkg-config --cflags --libs opcua-session)
#include <opcua-session.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

struct Failure : std::runtime_error {
    explicit Failure(const opcua_error &error) : std::runtime_error(error.message) {}
};

class Client {
  public:
    explicit Client(const std::string &url)
    {
        opcua_error error;

        client.reset(opcua_connect(url.c_str(), nullptr, &error));
        if (!client)
            throw Failure(error);
    }

    std::int64_t read(const std::string &node)
    {
        opcua_error error;
        std::int64_t integer;

        if (!opcua_read_int64(client.get(), node.c_str(), &integer, &error))
            throw Failure(error);
        return integer;
    }

    void write(const std::string &node, std::int64_t integer)
    {
        opcua_error error;

        if (!opcua_write_int64(client.get(), node.c_str(), integer, &error))
            throw Failure(error);
    }

  private:
    struct Free {
        void operator()(opcua_client *client) { opcua_client_free(client); }
    };
    std::unique_ptr<opcua_client, Free> client;
};

int main(int argc, char **argv)
try {
    Client client(argc > 1 ? argv[1] : "opc.tcp://127.0.0.1:4840");

    client.write("ns=2;s=Many/0004", 42);
    std::cout << "value = " << client.read("ns=2;s=Many/0004") << "\n";
    client.read("ns=2;s=Nothing");
} catch (const Failure &failure) {
    std::cout << "refused: " << failure.what() << "\n";
}
