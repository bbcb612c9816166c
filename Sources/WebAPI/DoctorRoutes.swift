import Hummingbird
import JSONText
package import TaskEngine
package import WebCore

/// What the doctor found.
package struct DoctorRoutes: RouteGroup {
    private let doctor: DoctorService

    /// - Parameter doctor: examines when asked to.
    package init(doctor: DoctorService) {
        self.doctor = doctor
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.get("/doctor", .platform, show)
    }

    /// The last examination; a new one when there is none yet, or when `fresh=true` asks for it. Always 200: the report says how bad
    /// it is. Findings name tasks of all tenants, so it is the platform's.
    @Sendable private func show(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let isFresh = query.bool("fresh") ?? false
        try query.finish()
        let entry: DoctorRecord.Entry
        if !isFresh, let latest = doctor.record.latest { entry = latest } else { entry = try await doctor.examine() }
        return .jsonObject { Self.write(entry, in: &$0) }
    }

    private static func write(_ entry: DoctorRecord.Entry, in writer: inout JSONWriter) {
        badge(entry, in: &writer)
        writer.field("tasks", entry.report.tasks)
        writer.field("more", entry.report.hasMore)
        writer.key("findings")
        writer.array { array in
            for finding in entry.report.findings { array.object { write(finding, in: &$0) } }
        }
    }

    private static func write(_ finding: Finding, in writer: inout JSONWriter) {
        writer.field("code", finding.code.rawValue)
        writer.field("subject", finding.subject)
        writer.field("task_id", finding.task)
        writer.field("detail", finding.detail)
        writer.field("repair", finding.repair)
    }

    /// The members that `/worker/health` shows too.
    static func badge(_ entry: DoctorRecord.Entry, in writer: inout JSONWriter) {
        writer.field("clean", entry.report.isClean)
        writer.field("finding_count", entry.report.findings.count)
        writer.timeField("examined_at", entry.at)
        writer.field("duration_ms", Int64(entry.duration / .milliseconds(1)))
    }
}
