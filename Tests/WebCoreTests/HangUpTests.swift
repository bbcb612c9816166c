import Hummingbird
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing
import WebCore

@Suite("Clients that hang up", .timeLimit(.minutes(5)))
struct HangUpTests {
    private let began = TestSignal<Void>()
    private let hungUp = TestSignal<Void>()
    private let answered = TestSignal<Void>()

    /// `/wait` answers when its client has hung up, `/hello` at once.
    private func withServer(_ test: @Sendable (Int) async throws -> Void) async throws {
        let app = WebApp().make { routes in
            routes.get("/hello", .open) { [hungUp] _, context in
                context.onHangUp { hungUp.send() }
                return .text("hello")
            }
            routes.get("/wait", .open) { [began, hungUp, answered] _, context in
                context.onHangUp { hungUp.send() }
                began.send()
                try await hungUp.wait(for: 1)
                answered.send()
                return .text("at last")
            }
        }
        try await app.test(.live) { client in try await test(try #require(client.port)) }
    }

    @Test("a handler hears that its client closed the connection")
    func closes() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await began.wait(for: 1)
            }
            try await answered.wait(for: 1)
        }
    }

    @Test("a client that closed only its sending side is heard of, and still gets the answer")
    func halfCloses() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await began.wait(for: 1)
                connection.endSending()
                #expect(try await connection.waitFor("at last"))
            }
        }
    }

    @Test("a client that takes its answer and leaves later has not hung up")
    func leaves() async throws {
        try await withServer { port in
            try await RawConnection.with(port: port) { connection in
                for _ in 0..<3 { try await connection.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n") }
                #expect(try await connection.waitFor("hello"))
            }
            try await RawConnection.with(port: port) { connection in
                try await connection.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await began.wait(for: 1)
            }
            try await answered.wait(for: 1)
            #expect(hungUp.values.count == 1)
        }
    }
}
