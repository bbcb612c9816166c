import NIOCore
import WebCore

/// The form of `POST /uploads` as it arrives: fields in any order, one file. Pure: events of the body go in, what to do comes out.
///
/// Everything that is wrong is remembered, so that one answer names it all; once something is, the file is not wanted any more.
struct UploadForm {
    /// What the caller has to do with the bytes of an event.
    enum Action: Equatable {
        case none
        case beginFile
        case write(ByteBuffer)
    }

    static let mostLabelCharacters = 200
    static let mostNotesCharacters = 10_000
    static let mostFilenameBytes = 255

    private enum Part {
        case file
        case field(String)
        /// Known to be wrong.
        case ignored
    }

    private(set) var problems: [FieldProblem] = []
    /// The client's name of the file, without directories.
    private(set) var filename = ""
    private var part = Part.ignored
    private var hasFile = false
    private var fields: [String: [UInt8]] = [:]

    private static let fieldNames: Set = ["type", "label", "notes"]

    /// What a complete and faultless form says.
    struct Values: Equatable {
        var type: UploadType
        var label: String?
        var notes: String?
    }

    mutating func take(_ event: MultipartEvent) -> Action {
        switch event {
        case .part(let part): return begin(part)
        case .data(let buffer): return take(buffer)
        case .partEnd:
            part = .ignored
            return .none
        case .end: return .none
        }
    }

    /// Ends reading.
    /// - Parameter fileSize: bytes of the file that came.
    /// - Throws: ``Problem`` with code `invalid_fields` that lists everything that is wrong.
    func finish(fileSize: Int64) throws(Problem) -> Values {
        var problems = problems
        func check(_ isGood: Bool, _ field: String, _ detail: String) {
            if !isGood { problems.append(FieldProblem(pointer: "/\(field)", detail: detail)) }
        }
        let isReported = problems.contains { $0.pointer == "/file" }
        if !isReported { check(hasFile, "file", "is required") }
        let type = text("type").flatMap(UploadType.init)
        let choices = UploadType.allCases.map(\.rawValue).joined(separator: ", ")
        check(fields["type"] != nil || self.problems.contains { $0.pointer == "/type" }, "type", "is required: one of \(choices)")
        check(fields["type"] == nil || type != nil, "type", "must be one of \(choices)")
        // An empty .conf file is a file like any other; an archive has at least an end.
        if hasFile, !isReported, problems.isEmpty, type != .singleConf { check(fileSize > 0, "file", "is empty") }
        for (field, limit) in [("label", Self.mostLabelCharacters), ("notes", Self.mostNotesCharacters)] where fields[field] != nil {
            let value = text(field)
            check(value != nil, field, "must be text in UTF-8")
            check((value?.unicodeScalars.count ?? 0) <= limit, field, "must have at most \(limit) characters")
        }
        guard problems.isEmpty, let type else { throw Problem(.invalidFields, "Nothing was stored.", errors: problems) }
        return Values(type: type, label: nonEmpty("label"), notes: nonEmpty("notes"))
    }

    // MARK: - Events

    private mutating func begin(_ new: MultipartPart) -> Action {
        part = .ignored
        switch new.name {
        case "file":
            guard let name = new.filename else { return refuse("file", "must be a file, with a filename") }
            guard !hasFile else { return refuse("file", "is given more than once") }
            hasFile = true
            filename = Self.baseName(name)
            guard problems.isEmpty else { return .none }
            part = .file
            return .beginFile
        case let name where Self.fieldNames.contains(name):
            guard new.filename == nil else { return refuse(name, "must be a field and not a file") }
            guard fields[name] == nil else { return refuse(name, "is given more than once") }
            fields[name] = []
            part = .field(name)
            return .none
        default:
            return refuse(new.name, "is not a known field")
        }
    }

    private mutating func refuse(_ field: String, _ detail: String) -> Action {
        problems.append(FieldProblem(pointer: "/" + JSONPointer.escape(JSONPointer.shortened(field)), detail: detail))
        return .none
    }

    private mutating func take(_ data: ByteBuffer) -> Action {
        switch part {
        // Once something is wrong the rest of the file is not written.
        case .file: return problems.isEmpty ? .write(data) : .none
        case .field(let name): fields[name]?.append(contentsOf: data.readableBytesView)
        case .ignored: break
        }
        return .none
    }

    // MARK: - Values

    private func text(_ field: String) -> String? {
        fields[field].flatMap { String(validating: $0, as: UTF8.self) }
    }

    private func nonEmpty(_ field: String) -> String? {
        text(field).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The last component, without control characters and cut at a length that file systems have. Shown only, never a path.
    static func baseName(_ filename: String) -> String {
        let last = filename.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? ""
        var name = String(String.UnicodeScalarView(last.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        while name.utf8.count > mostFilenameBytes { name.removeLast() }
        return name.isEmpty ? "upload" : name
    }
}
