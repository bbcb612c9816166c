import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A second process on one SQLite file", .timeLimit(.minutes(5)))
    struct SecondProcessTests {
        @Test("it stops with a message that names the first one's URL and pid, and the first goes on")
        func refused() async throws {
            try await withSite(.sqlite) { site in
                let port = try LoopbackSocket.freePort()
                let first = try await site.serve(port: port)
                let second = try site.run(["serve", "--bind", "127.0.0.1:0"])
                #expect(try await second.end(within: .seconds(30)) == .code(73))
                #expect(second.errorText.contains("http://127.0.0.1:\(port)"))
                #expect(second.errorText.contains("pid=\(first.child.pid)"))
                #expect(second.lines.values.isEmpty)
                let task = try await first.api.submit("demo.noop")
                try await first.api.waitForTask(task, "succeeded")
            }
        }

        @Test("the message names the port that the first one got when it had asked for any")
        func anyPort() async throws {
            try await withSite(.sqlite) { site in
                let first = try await site.serve()
                let second = try site.run(["serve", "--bind", "127.0.0.1:0"])
                #expect(try await second.end(within: .seconds(30)) == .code(73))
                #expect(second.errorText.contains("url=http://127.0.0.1:\(first.port) "))
            }
        }

        @Test("a command that would write stops as well")
        func migrate() async throws {
            try await withSite(.sqlite) { site in
                let first = try await site.serve()
                let second = try site.run(["migrate"])
                #expect(try await second.end(within: .seconds(30)) == .code(73))
                #expect(second.errorText.contains("pid=\(first.child.pid)"))
            }
        }

        @Test("after the first one was killed the next takes over at once, although the lock file is still there")
        func afterKill() async throws {
            try await withSite(.sqlite) { site in
                let first = try await site.serve()
                try await first.killHard()
                #expect(FileManager.default.fileExists(atPath: site.place.url + ".lock"))
                let second = try await site.serve()
                _ = try await second.api.submit("demo.noop")
            }
        }
    }
}
