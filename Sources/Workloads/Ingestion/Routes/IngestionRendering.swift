import JSONText
import Storage
import TaskEngine
import WebCore

/// How uploads and runs look in JSON. Every function writes the members of an object that its caller opened.
enum IngestionRendering {
    static func stored(_ upload: NewUpload, _ stored: StoreUpload.Stored, in writer: inout JSONWriter) {
        writer.field("id", stored.uploadID)
        writer.field("run_id", stored.runID)
        writer.field("task_id", stored.taskID)
        writer.field("status", RunStatus.stored.rawValue)
        writer.field("filename", upload.filename)
        writer.field("size", upload.blob.size)
        writer.field("sha256", upload.blob.key.sha256)
        writer.field("type", upload.type.rawValue)
        writer.field("label", upload.label)
        writer.field("notes", upload.notes)
        writer.timeField("created_at", upload.createdAt)
    }

    static func deleted(_ stored: StoreUpload.Stored, in writer: inout JSONWriter) {
        writer.field("id", stored.uploadID)
        writer.field("run_id", stored.runID)
        writer.field("task_id", stored.taskID)
        writer.field("status", "deleted")
    }

    static func upload(_ upload: UploadDetail, in writer: inout JSONWriter) {
        writer.field("id", upload.id)
        writer.field("run_id", upload.runID)
        writer.field("task_id", upload.taskID)
        writer.field("status", upload.status)
        writer.field("filename", upload.filename)
        writer.field("size", upload.size)
        writer.field("sha256", upload.sha256)
        writer.field("type", upload.type)
        writer.field("label", upload.label)
        writer.field("notes", upload.notes)
        writer.timeField("created_at", upload.createdAt)
    }

    static func run(_ run: RunDetail, in writer: inout JSONWriter) {
        writer.field("id", run.id)
        writer.field("upload_id", run.uploadID)
        writer.field("task_id", run.taskID)
        writer.field("status", run.status.rawValue)
        writer.field("format", run.format)
        writer.field("file_count", run.fileCount)
        writer.field("stanza_count", run.stanzaCount)
        writer.field("setting_count", run.settingCount)
        writer.field("problem_count", run.problemCount)
        writer.fieldRaw("omitted", run.omitted ?? "{}")
        writer.errorField(run.error)
        progress(run, in: &writer)
        writer.field("note", note(run))
        writer.timeField("created_at", run.createdAt)
        writer.timeField("started_at", run.startedAt)
        writer.timeField("finished_at", run.finishedAt)
    }

    static func restarted(_ run: Int64, task: Int64, in writer: inout JSONWriter) {
        writer.field("id", run)
        writer.field("run_id", run)
        writer.field("task_id", task)
        writer.field("status", RunStatus.stored.rawValue)
    }

    static func cancelled(_ run: RunDetail, in writer: inout JSONWriter) {
        writer.field("id", run.id)
        writer.field("run_id", run.id)
        writer.field("task_id", run.taskID)
        writer.field("cancelled", true)
        writer.field("status", RunStatus.cancelled.rawValue)
    }

    static func cancelRequested(_ run: RunDetail, at time: Int64, in writer: inout JSONWriter) {
        writer.field("id", run.id)
        writer.field("run_id", run.id)
        writer.field("task_id", run.taskID)
        writer.field("cancelled", false)
        writer.field("status", run.status.rawValue)
        writer.timeField("cancel_requested_at", time)
    }

    static func file(_ file: FileDetail, in writer: inout JSONWriter) {
        writer.field("id", file.id)
        writer.field("path", file.path)
        place(file, in: &writer)
        writer.field("size", file.size)
        writer.field("stanza_count", file.stanzaCount)
        writer.field("setting_count", file.settingCount)
        writer.field("problem_count", file.problemCount)
        writer.field("ignored_lines", file.ignoredLines)
    }

    static func stanza(_ stanza: StanzaDetail, of file: FileDetail?, _ settings: MaskedSettings, in writer: inout JSONWriter) {
        head(stanza, of: file, in: &writer)
        writer.fieldRaw("settings", settings.json)
    }

    /// What every view of a stanza says before its settings: which one it is and where it stands.
    static func head(_ stanza: StanzaDetail, of file: FileDetail?, in writer: inout JSONWriter) {
        writer.field("id", stanza.id)
        writer.field("name", stanza.name)
        if let file { place(file, in: &writer) }
        if file?.scope == ConfProvenance.Scope.metadata.rawValue { object(MetaObject(stanzaName: stanza.name), in: &writer) }
        writer.field("source_path", file?.path)
        writer.field("line", stanza.line)
    }

    /// What a stanza of a .meta file is about, percent-decoded; the name beside it stands as in the file.
    private static func object(_ object: MetaObject, in writer: inout JSONWriter) {
        writer.key("object")
        writer.object { writer in
            writer.field("type", object.type)
            writer.field("name", object.name)
        }
    }

    static func problem(_ problem: ProblemDetail, in writer: inout JSONWriter) {
        writer.field("id", problem.id)
        writer.field("path", problem.path)
        writer.field("line", problem.line)
        writer.field("code", problem.code)
        writer.field("detail", problem.detail)
    }

    private static func place(_ file: FileDetail, in writer: inout JSONWriter) {
        writer.field("conf_type", file.confType)
        writer.field("app", file.app)
        writer.field("scope", file.scope)
        writer.field("layer", file.layer)
        writer.field("user", file.user)
        writer.field("tree", file.tree)
    }

    private static func progress(_ run: RunDetail, in writer: inout JSONWriter) {
        writer.key("progress")
        guard run.fraction != nil || run.progressMessage != nil else { return writer.null() }
        writer.object { writer in
            writer.field("fraction", run.fraction)
            writer.field("message", run.progressMessage)
        }
    }

    /// A complete run without stanzas is surprising enough to be said in words.
    private static func note(_ run: RunDetail) -> String? {
        guard run.status == .complete, run.stanzaCount == 0 else { return nil }
        guard run.fileCount == 0 else { return "The configuration holds no stanzas." }
        let members = try? run.omitted.map { try JSONDocument(parsing: $0).root.members }
        let leftOut = (members ?? []).reduce(0) { $0 + ($1.value.int64 ?? 0) }
        let left = leftOut == 0 ? "" : "; \(leftOut) \(leftOut == 1 ? "member was" : "members were") left out"
        return "The upload holds no configuration files\(left)."
    }
}
