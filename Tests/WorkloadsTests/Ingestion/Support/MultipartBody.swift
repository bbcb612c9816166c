import HTTPTypes

/// Writes multipart bodies as browsers do.
struct MultipartBody {
    enum Part {
        case field(String, String)
        case file(String, String, [UInt8])
    }

    static let boundary = "----boundary1234"
    var parts: [Part]

    init(_ parts: [Part]) {
        self.parts = parts
    }

    var headers: HTTPFields { [.contentType: "multipart/form-data; boundary=\(Self.boundary)"] }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += Array("--\(Self.boundary)\r\nContent-Disposition: form-data; name=".utf8)
            switch part {
            case .field(let name, let value): bytes += Array("\"\(name)\"\r\n\r\n\(value)".utf8)
            case .file(let name, let filename, let data): bytes += Array("\"\(name)\"; filename=\"\(filename)\"\r\n\r\n".utf8) + data
            }
            bytes += Array("\r\n".utf8)
        }
        return bytes + Array("--\(Self.boundary)--\r\n".utf8)
    }
}
