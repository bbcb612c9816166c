import Hummingbird
import HummingbirdTesting
import NIOCore
import TestSupport
import Testing
import WebCore

@Suite("Room for connections", .timeLimit(.minutes(5)))
struct ConnectionRoomTests {
    private let closed = TestSignal<String>()

    private func enter(_ room: ConnectionRoom, _ name: String, at seconds: UInt64) -> ConnectionRoom.Seat? {
        room.enter(now: .uptimeNanoseconds(seconds * 1_000_000_000)) { [closed] in closed.send(name) }
    }

    @Test("the one that has waited longest makes room for the next")
    func longestWaiting() throws {
        let room = ConnectionRoom(limit: 3)
        let a = try #require(enter(room, "a", at: 1))
        let b = try #require(enter(room, "b", at: 2))
        let c = try #require(enter(room, "c", at: 3))
        #expect(closed.values.isEmpty)
        a.isBusy()
        b.isBusy()
        b.isWaiting(since: .uptimeNanoseconds(4_000_000_000))
        #expect(enter(room, "d", at: 5) != nil)
        #expect(closed.values == ["c"])
        #expect(enter(room, "e", at: 6) != nil)
        #expect(closed.values == ["c", "b"])
        // It has been told to leave already: that it does makes no second room.
        room.leave(b)
        room.leave(c)
        #expect(enter(room, "f", at: 7) != nil)
        #expect(closed.values == ["c", "b", "d"])
    }

    @Test("who is being answered is not closed; when all are, the newcomer is not let in")
    func allBusy() throws {
        let room = ConnectionRoom(limit: 2)
        let seats = try ["a", "b"].map { try #require(enter(room, $0, at: 1)) }
        for seat in seats { seat.isBusy() }
        #expect(enter(room, "c", at: 2) == nil)
        #expect(closed.values.isEmpty)
        room.leave(seats[0])
        #expect(enter(room, "c", at: 3) != nil)
        #expect(closed.values.isEmpty)
    }

    @Test("a server without room closes those that wait for a request and serves those that have one")
    func server() async throws {
        var limits = ServerLimits()
        limits.connections = 3
        let began = TestSignal<Void>()
        let mayEnd = TestSignal<Void>()
        let app = WebApp(limits: limits).make { routes in
            routes.get("/hello", .open) { _, _ in .text("hello") }
            routes.get("/wait", .open) { _, _ in
                began.send()
                try await mayEnd.wait(for: 1)
                return .text("at last")
            }
        }
        try await app.test(.live) { client in
            let port = try #require(client.port)
            try await RawConnection.with(port: port) { slow in
                try await slow.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
                try await began.wait(for: 1)
                try await RawConnection.with(port: port) { first in
                    // It waits again after its request, and half a head is no request.
                    try await first.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    #expect(try await first.waitFor("hello"))
                    try await first.send("GET /hel")
                    for _ in 0..<4 {
                        try await RawConnection.with(port: port) { next in
                            try await next.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            #expect(try await next.waitFor("hello"))
                            // Stays open beside the others.
                            try await RawConnection.with(port: port) { another in
                                try await another.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                #expect(try await another.waitFor("hello"))
                            }
                        }
                    }
                    await first.waitForClose()
                    mayEnd.send()
                    #expect(try await slow.waitFor("at last"))
                }
            }
        }
    }
}
