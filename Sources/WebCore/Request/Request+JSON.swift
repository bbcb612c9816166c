import HTTPTypes
package import Hummingbird
package import JSONText
import NIOCore

extension Request {
    /// Reads the whole body as JSON.
    ///
    /// The content type may be `application/json`, any `…+json`, or absent; a `charset` other than UTF-8 and a `Content-Encoding` are refused.
    /// - Parameters:
    ///   - limit: Longest body in bytes. A longer one is refused by its `Content-Length` before it is read, else while it is.
    ///   - readsQuery: Whether the caller reads the query. If not, there must be none: what stands in the wrong place would be passed over,
    ///     and the client would believe that it was heard.
    /// - Throws: ``Problem`` with code `invalid_query`, `unsupported_media_type`, `body_too_large`, `malformed_request` (cut short) or
    ///   `malformed_json` (with the byte offset; an empty body too).
    package func json(
        limit: Int = BodyLimit.singleBytes, readsQuery: Bool = false, context: MillraceRequestContext
    ) async throws -> JSONValue {
        guard let value = try await optionalJSON(limit: limit, readsQuery: readsQuery, context: context) else {
            throw Problem(.malformedJSON, "A JSON body is expected, but the body is empty.")
        }
        return value
    }

    /// Reads the body as JSON where there need not be one.
    /// - Returns: nil for an empty body, whatever its content type.
    /// - Throws: As ``json(limit:readsQuery:context:)``.
    package func optionalJSON(
        limit: Int = BodyLimit.singleBytes, readsQuery: Bool = false, context: MillraceRequestContext
    ) async throws -> JSONValue? {
        if !readsQuery { try QueryReader(self).finish() }
        let length = try declaredBodyLength(limit: limit)
        if length == 0 { return nil }
        if length != nil || headers[.contentType] != nil { try requireJSONContentType() }
        context.expectBody(of: self)
        let buffer = try await collectBody(limit: limit)
        if let length, length != buffer.readableBytes { throw Problem(.malformedRequest, "The body ended before its declared length.") }
        if buffer.readableBytes == 0 { return nil }
        do {
            return try JSONDocument(parsing: buffer.readableBytesView, maxDepth: BodyLimit.depth).root
        } catch {
            throw Problem(.malformedJSON, "\(error.reason) at byte \(error.offset).")
        }
    }

    /// For actions that take no fields: the body is empty or `{}`.
    /// - Parameter readsQuery: As for ``json(limit:readsQuery:context:)``.
    /// - Throws: ``Problem`` with code `invalid_fields` that names what was sent; as ``json(limit:readsQuery:context:)``.
    package func requireNoFields(readsQuery: Bool = false, context: MillraceRequestContext) async throws {
        guard let body = try await optionalJSON(readsQuery: readsQuery, context: context) else { return }
        try ObjectReader(body).finish()
    }

    /// The `Content-Length`, nil if the body is chunked or absent without a word.
    /// - Throws: ``Problem`` with code `body_too_large` if it is above the limit.
    package func declaredBodyLength(limit: Int) throws(Problem) -> Int? {
        guard let text = headers[.contentLength] else { return nil }
        guard let length = Int(text), length >= 0 else { throw Problem(.malformedRequest, "Content-Length is not a number.") }
        if length > limit { throw Problem(.bodyTooLarge, "A body here may have \(limit) bytes.") }
        return length
    }

    private func collectBody(limit: Int) async throws -> ByteBuffer {
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Problem(.bodyTooLarge, "A body here may have \(limit) bytes.")
        }
    }

    private func requireJSONContentType() throws(Problem) {
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, "Bodies with a Content-Encoding are not read.")
        }
        guard let text = headers[.contentType] else { return }
        guard let type = ContentType(text) else { throw Problem(.malformedRequest, "Content-Type cannot be read.") }
        guard type.isJSON else { throw Problem(.unsupportedMediaType, "Content-Type has to be application/json.") }
        if let charset = type["charset"], charset.lowercased() != "utf-8" {
            throw Problem(.unsupportedMediaType, "JSON has to be in UTF-8.")
        }
    }
}
