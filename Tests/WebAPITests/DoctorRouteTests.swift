import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Doctor over HTTP", .timeLimit(.minutes(5)))
struct DoctorRouteTests {
    @Test("the last examination is shown, and a new one when asked for", arguments: DatabaseKind.available)
    func shows(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let task = try await api.submit()
            let answer = try await api.get("/v1/doctor")
            let clean = try answer.json
            #expect(answer.status == 200 && clean["clean"]?.rawText == "true", "there was none, so one was made")
            #expect(clean["tasks"]?.int64 == 1 && clean["findings"]?.elements.isEmpty == true)

            try await api.database.write { _ = try $0.execute("UPDATE tasks SET queue = 'gone' WHERE id = \(task)") }
            #expect(try await api.get("/doctor").json["clean"]?.rawText == "true")
            let fresh = try await api.get("/doctor?fresh=true").json
            #expect(fresh["clean"]?.rawText == "false" && fresh["finding_count"]?.int64 == 1 && fresh["more"]?.rawText == "false")
            let finding = try #require(fresh["findings"]?.elements.first)
            #expect(finding["code"]?.string == "unknown_queue" && finding["task_id"]?.int64 == task)
            #expect(finding["subject"]?.string == "task \(task)" && finding["repair"]?.string?.isEmpty == false)
            #expect(try await api.get("/doctor").json["finding_count"]?.int64 == 1)
        }
    }

    @Test("what is not known is refused", arguments: ["fresh=perhaps", "sort=code"])
    func refuses(_ query: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.get("/doctor?\(query)")
            #expect(answer.status == 400)
        }
    }

    @Test("the workers' health wears the badge of the last examination", arguments: DatabaseKind.available)
    func badge(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.insertWorker("one")
            #expect(try await api.get("/worker/health").json["doctor"]?.rawText == "null")
            _ = try await api.doctor.examine()
            let healthy = try await api.get("/worker/health").json
            #expect(healthy["status"]?.string == "healthy" && healthy["doctor"]?["clean"]?.rawText == "true")
            #expect(healthy["doctor"]?["examined_at"]?.string != nil)

            try await api.database.write { _ = try $0.execute("UPDATE queues SET tenant_pauses = 3 WHERE name = 'slow'") }
            _ = try await api.doctor.examine()
            let degraded = try await api.get("/worker/health").json
            #expect(degraded["status"]?.string == "degraded")
            #expect(degraded["reasons"]?.elements.compactMap(\.string) == ["the doctor has 1 findings"])
            #expect(degraded["doctor"]?["finding_count"]?.int64 == 1)
        }
    }

    @Test("findings are gauges, one for each code")
    func metrics() async throws {
        try await TestAPI.with(.sqlite) { api in
            let before = try await api.get("/metrics").text
            #expect(!before.contains("millrace_doctor"))
            try await api.database.write { _ = try $0.execute("UPDATE queues SET tenant_pauses = 3") }
            _ = try await api.doctor.examine()
            let text = try await api.get("/metrics").text
            #expect(text.contains(#"millrace_doctor_findings{code="pauses_disagree"} 2"#))
            #expect(text.contains(#"millrace_doctor_findings{code="orphan"} 0"#))
            #expect(text.contains("millrace_doctor_examined_timestamp_seconds"))
        }
    }
}
