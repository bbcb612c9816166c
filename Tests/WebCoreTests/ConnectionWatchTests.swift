import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Testing
import WebCore

@Suite("The watch over a connection")
struct ConnectionWatchTests {
    private let limits: ServerLimits
    private var watch: ConnectionWatch
    private let head = HTTPRequestPart.head(HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/"))
    private let ok = HTTPResponsePart.head(HTTPResponse(status: .ok))

    init() {
        var limits = ServerLimits()
        limits.bodyGrace = .seconds(30)
        limits.minimumBodyRate = 1000
        limits.writeTimeout = .seconds(60)
        limits.lingerTimeout = .seconds(5)
        self.limits = limits
        watch = ConnectionWatch(limits: limits)
    }

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000) }
    private func body(_ length: Int) -> HTTPRequestPart { .body(ByteBuffer(repeating: 0, count: length)) }

    @Test("a connection between requests is left alone")
    mutating func idle() {
        #expect(watch.check(now: at(1000), buffered: 0) == .none)
        watch.read(head, now: at(1000))
        watch.read(.end(nil), now: at(1001))
        #expect(watch.check(now: at(5000), buffered: 0) == .none, "a handler may take its time")
        watch.wrote(ok, now: at(5000))
        watch.wrote(.end(nil), now: at(5000))
        #expect(watch.check(now: at(9000), buffered: 0) == .none)
    }

    @Test("a body that drips is answered 408 when the grace is over")
    mutating func drip() {
        watch.read(head, now: at(0))
        for second in 1..<30 {
            watch.read(body(1), now: at(Int64(second)))
            #expect(watch.check(now: at(Int64(second)), buffered: 0) == .none)
        }
        #expect(watch.check(now: at(30), buffered: 0) == .answerTimeout)
    }

    @Test("a large body may take long as long as it comes fast enough")
    mutating func large() {
        watch.read(head, now: at(0))
        for second in 1...600 {
            watch.read(body(1000), now: at(Int64(second)))
            #expect(watch.check(now: at(Int64(second)), buffered: 0) == .none)
        }
        #expect(watch.check(now: at(629), buffered: 0) == .none)
        #expect(watch.check(now: at(630), buffered: 0) == .answerTimeout)
    }

    @Test("a slow body is cut without a word once the answer has begun")
    mutating func answering() {
        watch.read(head, now: at(0))
        watch.wrote(.head(HTTPResponse(status: .continue)), now: at(1))
        #expect(watch.check(now: at(29), buffered: 0) == .none)
        watch.wrote(ok, now: at(2))
        #expect(watch.check(now: at(30), buffered: 0) == .close)
    }

    @Test("an interim answer is no answer")
    mutating func interim() {
        watch.read(head, now: at(0))
        watch.wrote(.head(HTTPResponse(status: .continue)), now: at(1))
        #expect(watch.check(now: at(30), buffered: 0) == .answerTimeout)
    }

    @Test("a slow request behind an unanswered one is cut without a word")
    mutating func pipelined() {
        watch.read(head, now: at(0))
        watch.read(.end(nil), now: at(0))
        watch.read(head, now: at(1))
        #expect(watch.check(now: at(31), buffered: 0) == .close)
    }

    @Test("after an early answer the rest of the body has a short time")
    mutating func linger() {
        watch.read(head, now: at(0))
        watch.wrote(ok, now: at(1))
        watch.wrote(.end(nil), now: at(1))
        watch.read(body(1_000_000), now: at(2))
        #expect(watch.check(now: at(5), buffered: 0) == .none)
        #expect(watch.check(now: at(6), buffered: 0) == .close)
    }

    @Test("a body that ends in that time keeps the connection")
    mutating func lingerEnds() {
        watch.read(head, now: at(0))
        watch.wrote(ok, now: at(1))
        watch.wrote(.end(nil), now: at(1))
        watch.read(.end(nil), now: at(3))
        #expect(watch.check(now: at(100), buffered: 0) == .none)
    }

    @Test("a client that reads nothing is cut, one that reads slowly is not")
    mutating func stalled() {
        watch.read(head, now: at(0))
        watch.read(.end(nil), now: at(0))
        watch.wrote(ok, now: at(0))
        for second in stride(from: Int64(0), to: 600, by: 10) {
            #expect(watch.check(now: at(second), buffered: 10_000 - Int(second)) == .none)
        }
        #expect(watch.check(now: at(600), buffered: 5000) == .none)
        #expect(watch.check(now: at(659), buffered: 5000) == .none)
        #expect(watch.check(now: at(660), buffered: 5000) == .close)
    }

    @Test("an empty buffer is no stall")
    mutating func emptyBuffer() {
        _ = watch.check(now: at(0), buffered: 5)
        #expect(watch.check(now: at(59), buffered: 0) == .none)
        #expect(watch.check(now: at(100), buffered: 5) == .none)
        #expect(watch.check(now: at(159), buffered: 5) == .none)
        #expect(watch.check(now: at(160), buffered: 5) == .close)
    }
}
