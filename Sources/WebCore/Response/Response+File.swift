import HTTPTypes
package import Hummingbird
import NIOCore
package import Storage

extension Response {
    private static let piece = 256 << 10

    /// Answers a stored file as a download, or the part of it that the request wants, in constant memory. No browser shows it or guesses
    /// what it is: it comes from a stranger.
    /// - Parameters:
    ///   - file: open; stays readable to its end whatever is deleted meanwhile.
    ///   - sha256: of its bytes, which is what tells its contents apart.
    ///   - name: what it is saved as.
    ///   - contentType: a media type of visible ASCII characters.
    package static func download(
        _ file: BlobReader, sha256: String, name: String, contentType: String, _ request: Request
    ) -> Response {
        let tag = "\"\(sha256)\""
        var headers: HTTPFields = [
            .eTag: tag, .acceptRanges: "bytes", .contentType: contentType, .contentDisposition: disposition(name),
            .cacheControl: "private, no-cache", .contentSecurityPolicy: "default-src 'none'; sandbox; frame-ancestors 'none'",
        ]
        headers[.xContentTypeOptions] = "nosniff"
        if let known = request.headers[.ifNoneMatch], matches(known, tag) { return Response(status: .notModified, headers: headers) }
        let isCurrent = request.headers[.ifRange].map { $0 == tag } ?? true
        switch ByteRange(isCurrent ? request.headers[.range] : nil, size: file.size) {
        case .whole: return Response(status: .ok, headers: headers, body: body(file, 0, file.size))
        case .part(let from, let through):
            headers[.contentRange] = "bytes \(from)-\(through)/\(file.size)"
            return Response(status: .partialContent, headers: headers, body: body(file, from, through + 1))
        case .unsatisfiable:
            return Response(status: .rangeNotSatisfiable, headers: [.contentRange: "bytes */\(file.size)"])
        }
    }

    private static func body(_ file: BlobReader, _ start: Int64, _ end: Int64) -> ResponseBody {
        ResponseBody(contentLength: Int(end - start)) { writer in
            var place = start
            while place < end {
                let bytes = try await file.read(from: place, count: Int(min(Int64(piece), end - place)))
                place += Int64(bytes.count)
                try await writer.write(ByteBuffer(bytes: bytes))
            }
            try await writer.finish(nil)
        }
    }

    private static func matches(_ header: String, _ tag: String) -> Bool {
        header == "*"
            || header.split(separator: ",").contains { part in
                let part = part.drop { $0 == " " || $0 == "\t" }
                return (part.hasPrefix("W/") ? part.dropFirst(2) : part).prefix(tag.count) == tag
            }
    }

    /// The name in ASCII for old clients, and as it is (RFC 6266).
    private static func disposition(_ name: String) -> String {
        let plain = String(name.unicodeScalars.map { $0.isASCII && $0.value >= 0x20 && $0 != "\"" && $0 != "\\" ? Character($0) : "_" })
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(PercentEncoding.encode(name))"
    }
}
