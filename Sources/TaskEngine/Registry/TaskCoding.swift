import Foundation

/// Between the JSON that clients see and the Swift types of handlers.
enum TaskCoding {
    /// As for inputs that arrive over HTTP.
    static let largestInput = 256 * 1024

    /// - Throws: ``TaskFailure/permanent(_:)`` with `invalid_input`: the same input will not decode at the next attempt either.
    static func decode<Parameters: Decodable>(_ type: Parameters.Type, from input: String) throws -> Parameters {
        do {
            return try decoder.decode(type, from: Data(input.utf8))
        } catch let error as DecodingError {
            throw TaskFailure.permanent(code: "invalid_input", explain(error))
        }
    }

    /// Tells before a task is submitted whether its input will decode.
    static func check<Parameters: TaskParameters>(_ type: Parameters.Type) -> TaskType.InputCheck {
        { input in
            do {
                _ = try decoder.decode(type, from: Data(input.utf8))
                return []
            } catch let error as DecodingError {
                return [fault(error)]
            } catch {
                // An error of the type's own may be a passing one: the attempt will tell.
                return []
            }
        }
    }

    /// - Throws: ``TaskFailure/permanent(_:)`` with `invalid_output`: what JSON cannot say (a NaN) it cannot say after a retry.
    static func encodeOutput(_ output: some Encodable) throws -> String {
        try encode(output, code: "invalid_output", what: "the output")
    }

    /// - Throws: ``TaskFailure/permanent(_:)`` with `invalid_input`.
    static func encodeInput(_ input: some Encodable) throws -> String {
        let text = try encode(input, code: "invalid_input", what: "the follow-up's input")
        guard text.utf8.count <= largestInput else {
            throw TaskFailure.permanent(
                code: "invalid_input", "the follow-up's input has \(text.utf8.count) bytes, more than the \(largestInput) allowed")
        }
        return text
    }

    /// Any value as JSON text.
    /// - Throws: ``TaskFailure/permanent(_:)`` with `invalid_input` when JSON cannot say it.
    static func encodeValue(_ value: some Encodable) throws -> String {
        try encode(value, code: "invalid_input", what: "the value")
    }

    private static func encode(_ value: some Encodable, code: String, what: String) throws -> String {
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch let EncodingError.invalidValue(_, context) {
            throw TaskFailure.permanent(code: code, "\(what) is no JSON: \(place(context.codingPath))\(context.debugDescription)")
        }
    }

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            if let date = try? Date(text, strategy: seconds) { return date }
            if let date = try? Date(text, strategy: fractions) { return date }
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no RFC 3339 time such as 2030-01-31T08:00:00Z"))
        }
        return decoder
    }()

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(fractions))
        }
        return encoder
    }()

    private static let seconds = Date.ISO8601FormatStyle()
    private static let fractions = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// In the words of the input and not of Swift's.
    private static func explain(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "the input lacks '\(path(context.codingPath + [key]))'"
        case .valueNotFound(_, let context): "the input's '\(path(context.codingPath))' is null"
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            "the input does not fit: \(place(context.codingPath))\(context.debugDescription)"
        @unknown default: "the input does not fit the task type"
        }
    }

    private static func fault(_ error: DecodingError) -> InputFault {
        switch error {
        case .keyNotFound(let key, let context): InputFault(names(context.codingPath + [key]), "is required")
        case .valueNotFound(_, let context): InputFault(names(context.codingPath), "must not be null")
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            InputFault(names(context.codingPath), "does not fit: \(context.debugDescription)")
        @unknown default: InputFault([], "does not fit the task type")
        }
    }

    private static func place(_ codingPath: [any CodingKey]) -> String {
        codingPath.isEmpty ? "" : "'\(path(codingPath))': "
    }

    /// `address.lines.0`
    private static func path(_ codingPath: [any CodingKey]) -> String {
        names(codingPath).joined(separator: ".")
    }

    private static func names(_ codingPath: [any CodingKey]) -> [String] {
        codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    }
}
