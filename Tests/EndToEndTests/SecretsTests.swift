import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Secrets of the binary", .timeLimit(.minutes(5)), .enabled(if: FoundProcesses.canLook, "needs /proc"))
    struct SecretsTests {
        private static let value = "xoxb-4711-Zürich/q\"uote"
        private static let lines = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7\n-----END KEY-----\n"

        private static func key(_ byte: UInt8) -> String { Data(repeating: byte, count: 32).base64EncodedString() }

        private static func settings(_ keys: String?) -> [String: String] {
            var settings = [
                "MILLRACE_DEMO_FAULTS": "true", "MILLRACE_POOLS": "default=2", "MILLRACE_RETRY_BASE_MS": "0",
                "MILLRACE_EGRESS_ALLOW": "127.0.0.0/8", "LOG_LEVEL": "trace",
            ]
            settings["MILLRACE_SECRETS_KEY"] = keys
            return settings
        }

        private static func put(_ api: MillraceAPI, _ name: String, _ value: String, _ status: Int = 201) async throws -> HTTPAnswer {
            var writer = JSONWriter()
            writer.object { $0.field("value", value) }
            let body = Array(writer.text.utf8)
            return try await api.expect(
                status, HTTPRequest(method: "PUT", path: "/v1/secrets/\(name)", contentType: "application/json", body: body))
        }

        /// Files below the test's directory, the database and its log among them, in which one of the texts stands.
        private static func files(in site: MillraceSite, with texts: [String]) throws -> [String] {
            let root = site.place.directory.url.path
            return try (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).filter { path in
                var isDirectory: ObjCBool = false
                guard FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory), !isDirectory.boolValue else {
                    return false
                }
                let bytes = try Data(contentsOf: URL(fileURLWithPath: root + "/" + path))
                return texts.contains { bytes.range(of: Data($0.utf8)) != nil }
            }
        }

        @Test("a secret is in no file, line or answer, whatever a handler in a child process says of it", arguments: [value, lines])
        func child(value: String) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(Self.settings(Self.key(1)))
                let api = process.api
                let stored = try await Self.put(api, "DEMO", value)
                // The child's end is an error that quotes what it printed last; the second attempt has an output.
                let task = try await api.submit(
                    "demo.isolated_fault", #"{"steps": ["secret", "exit"], "times": 1}"#, options: #""max_retries": 1"#)
                try await api.waitForTask(task, "succeeded")
                let error = try await api.task(task)["attempts"]?.elements.first?["error"]
                #expect(error?["code"]?.string == "child_exited" && error?["message"]?.string?.contains("[secret]") == true)
                var log = ""
                try await waitForProgress("the lines are written") {
                    log = try await api.expect(200, .get("/v1/tasks/\(task)/logs?limit=500")).text
                    return log.contains("!!!!")
                }
                #expect(log.contains("it is [secret] also=[secret]"))
                #expect(log.contains("...[secret]"))
                let status = try await api.expect(200, .get("/v1/tasks/\(task)")).text
                #expect(try await process.terminate() == .code(0))
                let parts = value.split(whereSeparator: \.isNewline).flatMap { [String($0.prefix(8)), String($0.suffix(8))] }
                for text in [stored.text, log, status, process.child.errorText, process.child.lines.values.joined(separator: "\n")] {
                    for part in parts { #expect(!text.contains(part), "\(part) in \(text.prefix(3000))") }
                }
                #expect(try Self.files(in: site, with: parts) == [])
                // What is looked for would be found: the name is there.
                #expect(try !Self.files(in: site, with: ["DEMO"]).isEmpty)
            }
        }

        @Test(
            "a reference is filled in where a request is sent, and what the server sends back of it is hidden",
            arguments: DatabaseKind.available)
        func request(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve(Self.settings(Self.key(1)))
                let api = process.api
                _ = try await Self.put(api, "NAME", "quite-secret-name")
                // Millrace itself is the server: it answers with what the body says, a task with this input.
                let input = """
                    {"url": "http://127.0.0.1:\(process.port)/v1/tasks", "method": "POST", "expect_status": ["2xx", 422],
                     "headers": {"Content-Type": "application/json"}, "body": "{\\"type\\": \\"${secrets.NAME}\\"}"}
                    """
                let task = try await api.submit("http.request", input, options: #""max_retries": 0"#)
                try await api.waitForTask(task, "succeeded", "failed")
                let detail = try await api.task(task)
                #expect(detail["state"]?.string == "succeeded", "\(detail.rawText)")
                #expect(detail["input"]?.rawText.contains("${secrets.NAME}") == true)
                #expect(detail["result"]?["body"]?.string?.contains("[secret]") == true, "\(detail.rawText)")
                #expect(!detail.rawText.contains("quite-secret"))
                #expect(try await process.terminate() == .code(0))
                #expect(try Self.files(in: site, with: ["quite-secret"]) == [])
            }
        }

        @Test(
            "keys are changed by a command, with and without a server; without the right key it is said why",
            arguments: DatabaseKind.available)
        func keys(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                var process = try await site.serve(Self.settings(Self.key(1)))
                _ = try await Self.put(process.api, "DEMO", Self.value)
                #expect(try await process.terminate() == .code(0))

                let none = try await Self.rotate(site, keys: nil, ends: 64)
                #expect(none.errorText.contains("MILLRACE_SECRETS_KEY"), "\(none.errorText)")
                let wrong = try await Self.rotate(site, keys: Self.key(2), ends: 1)
                #expect(wrong.errorText.contains("1 secrets are opened by none of the keys"), "\(wrong.errorText)")
                let bad = try site.run(["secrets", "rotate"], Self.settings("c2hvcnQ="))
                #expect(try await bad.end(within: .seconds(60)) != .code(0))
                #expect(bad.errorText.contains("openssl rand -base64 32") && !bad.errorText.contains("c2hvcnQ"), "\(bad.errorText)")

                process = try await site.serve(Self.settings(nil))
                let refused = try await process.api.expect(503, .get("/v1/secrets"))
                #expect(refused.text.contains("secrets_unavailable") && refused.text.contains("MILLRACE_SECRETS_KEY"))
                try await Self.expectFailure(process.api, "no key")
                #expect(try await process.terminate() == .code(0))
                process = try await site.serve(Self.settings(Self.key(2)))
                try await Self.expectFailure(process.api, "sealed under a key that this process does not have")
                #expect(try await process.terminate() == .code(0))

                process = try await site.serve(Self.settings(Self.key(2) + "," + Self.key(1)))
                let url = "http://127.0.0.1:\(process.port)"
                let done = try await Self.rotate(site, keys: nil, ["--url", url], ends: 0)
                #expect(done.lines.values == ["1 secrets were sealed again"])
                #expect(try await process.terminate() == .code(0))
                #expect(
                    try await Self.rotate(site, keys: Self.key(3) + "," + Self.key(2), ends: 0).lines.values == [
                        "1 secrets were sealed again"
                    ])
                process = try await site.serve(Self.settings(Self.key(3)))
                let task = try await process.api.submit("demo.isolated_fault", #"{"steps": ["secret"]}"#)
                try await process.api.waitForTask(task, "succeeded")
                #expect(try await process.terminate() == .code(0))
            }
        }

        private static func expectFailure(_ api: MillraceAPI, _ words: String) async throws {
            let task = try await api.submit("demo.isolated_fault", #"{"steps": ["secret"]}"#, options: #""max_retries": 0"#)
            try await api.waitForTask(task, "failed")
            let error = try await api.task(task)["error"]
            #expect(error?["code"]?.string == "secrets_unavailable" && error?["message"]?.string?.contains(words) == true)
        }

        private static func rotate(
            _ site: MillraceSite, keys: String?, _ arguments: [String] = [], ends code: Int32
        ) async throws -> ChildProcess {
            var settings = settings(keys)
            settings["LOG_LEVEL"] = nil
            let child = try site.run(["secrets", "rotate"] + arguments, settings)
            let ending = try await child.end(within: .seconds(60))
            guard ending == .code(code) else { throw HarnessError("\(arguments) ended with \(ending): \(child.errorText)") }
            return child
        }
    }
}
