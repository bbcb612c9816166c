/// Turns labels of swift-metrics into names that Prometheus accepts.
enum PrometheusName {
    /// A metric or label name: `http.server.request.duration` becomes `http_server_request_duration`.
    static func sanitized(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isDigit = ("0"..."9").contains(scalar)
            let isAllowed = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || (isDigit && !result.isEmpty)
            result.unicodeScalars.append(isAllowed ? scalar : "_")
        }
        return result.isEmpty ? "_" : result
    }

    /// A metric name with the suffix that its kind or unit demands.
    static func metric(_ label: String, suffix: String) -> String {
        let name = sanitized(label)
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}
