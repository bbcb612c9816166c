import HTTPTypes
import Hummingbird
import NIOCore

/// The fields of a form as a browser posts it (`application/x-www-form-urlencoded`).
package struct Form: Sendable {
    /// Bytes of the longest one that is read.
    package static let longest = 65_536
    /// The field in which every form of a session's pages carries ``Identity/Session/formToken``.
    package static let tokenField = "csrf_token"

    private let fields: [String: String]

    /// Reads the whole body.
    /// - Throws: ``Problem`` when it is no form, is too long, or has a field twice.
    init(_ request: Request, context: MillraceRequestContext) async throws {
        guard let type = request.headers[.contentType], type.lowercased().hasPrefix("application/x-www-form-urlencoded") else {
            throw Problem(.unsupportedMediaType, "A form is expected: application/x-www-form-urlencoded.")
        }
        _ = try request.declaredBodyLength(limit: Self.longest)
        context.expectBody(of: request)
        var body: ByteBuffer
        do { body = try await request.body.collect(upTo: Self.longest) } catch is NIOTooManyBytesError { throw Problem(.bodyTooLarge) }
        guard let fields = Self.parse(body.readString(length: body.readableBytes) ?? "") else {
            throw Problem(.malformedRequest, "The form cannot be read, or has a field twice.")
        }
        self.fields = fields
    }

    /// The value of a field; nil when the form has none of the name.
    package subscript(name: String) -> String? { fields[name] }

    private static func parse(_ text: String) -> [String: String]? {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count == 2 ? parts[1] : "", plusIsSpace: true),
                fields.updateValue(value, forKey: name) == nil
            else { return nil }
        }
        return fields
    }
}
