import Foundation
import Storage
import TestSupport
import Testing

@Suite("Starting on PostgreSQL", .timeLimit(.minutes(5)))
struct PostgresStartTests {
    @Test("a wrong password is an error that says so and does not repeat it")
    func wrongPassword() async throws {
        let error = try await openFake(.refuse("28P01", "password authentication failed for user \"somebody\""))
        #expect(error?.code == .credentials)
        #expect(error?.message.contains("password authentication failed for user \"somebody\"") == true)
        #expect(error?.message.contains("127.0.0.1") == true)
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test(
        "what the server refuses is told by kind",
        arguments: [
            ("28000", StorageError.Code.credentials), ("3D000", .credentials), ("42501", .credentials), ("57P03", .unavailable),
            ("53300", .unavailable), ("22023", .configuration),
        ])
    func refusals(state: String, code: StorageError.Code) async throws {
        // The message is in another language: the state alone decides.
        let error = try await openFake(.refuse(state, "nein: 12345: so nicht"))
        #expect(error?.code == code)
        #expect(error?.message.contains("so nicht") == true)
    }

    @Test("a server that is too old is refused, with its version")
    func oldServer() async throws {
        let error = try await openFake(.accept(version: "13.14", encoding: "UTF8"))
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("PostgreSQL 14 or newer is needed") == true)
        #expect(error?.message.contains("13.14") == true)
    }

    @Test("a database that is not encoded in UTF-8 is refused")
    func otherEncoding() async throws {
        let error = try await openFake(.accept(version: "16.1", encoding: "LATIN1"))
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("LATIN1") == true)
    }

    @Test(
        "a server that says nothing, or never comes to the end, is given up after the time of the URL",
        arguments: [PostgresFakeServer.Behaviour.silence, .trickle])
    func silentServer(behaviour: PostgresFakeServer.Behaviour) async throws {
        let error = try await openFake(behaviour, more: "&connect_timeout=1")
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("did not answer within 1") == true)
    }

    @Test("a server that is down is unavailable, with its host and port")
    func down() async throws {
        let (descriptor, port) = try Sockets.bound()
        defer { close(descriptor) }
        let error = await open("postgres://somebody:hunter2@127.0.0.1:\(port)/somewhere")
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("127.0.0.1") == true)
        #expect(error?.message.contains("\(port)") == true)
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test(
        "a URL that makes no sense is a mistake of configuration and is not repeated",
        arguments: [
            "hunter2", "host=a hunter2", "host=a b='hunter2", "postgres://somebody@127.0.0.1/db?hunter2=1",
            "postgres://somebody:hunt/er2@127.0.0.1/db", "postgres://somebody:1/er2@127.0.0.1/db",
            "postgres://somebody:hunt@er2@127.0.0.1/db",
            "postgres://somebody:er2/hunt",
        ])
    func malformed(url: String) async throws {
        let error = await open(url)
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("er2") == false)
    }

    @Test("a database or a user that is not there is a matter of credentials", .needsPostgres, arguments: ["dbname", "user"])
    func notThere(keyword: String) async throws {
        let server = try #require(PostgresSchema.serverURL)
        let error = await open(server + (server.contains("?") ? "&" : "?") + "\(keyword)=nobody_made_this")
        #expect(error?.code == .credentials)
        #expect(error?.message.contains("nobody_made_this") == true)
    }

    @Test("a search path without any schema that exists is a mistake of configuration", .needsPostgres)
    func missingSchema() async throws {
        let error = await open(PostgresSchema.url(try #require(PostgresSchema.serverURL), searchPath: "nobody_made_this"))
        #expect(error?.code == .configuration)
    }

    @Test("sessions speak UTF-8 and UTC, bear our name and are bounded, but the URL's own settings win", .needsPostgres)
    func sessions() async throws {
        let server = try #require(PostgresSchema.serverURL)
        let url = server + (server.contains("?") ? "&" : "?") + "application_name=mine&options=-c%20statement_timeout%3D1234"
        let database = try await PostgresDatabase.open(url: url, poolSize: 1, logger: .silent)
        defer { database.close() }
        let settings = try await database.read { connection in
            try connection.rows(
                """
                SELECT setting FROM pg_settings WHERE name IN
                ('application_name', 'client_encoding', 'idle_in_transaction_session_timeout', 'statement_timeout', 'TimeZone')
                ORDER BY lower(name)
                """
            ) { $0.text(0) }
        }
        #expect(settings == ["mine", "UTF8", "60000", "1234", "UTC"])
    }

    private func openFake(_ behaviour: PostgresFakeServer.Behaviour, more: String = "") async throws -> StorageError? {
        let server = try PostgresFakeServer(behaviour)
        defer { server.stop() }
        return await open(server.url + more)
    }

    private func open(_ url: String) async -> StorageError? {
        await #expect(throws: StorageError.self) {
            try await PostgresDatabase.open(url: url, logger: .silent).close()
        }
    }
}
