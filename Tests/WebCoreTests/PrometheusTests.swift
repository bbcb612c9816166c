import CoreMetrics
import Testing
import WebCore

@Suite("Prometheus text")
struct PrometheusTests {
    @Test("the example of the format is rendered as its documentation has it")
    func example() {
        var text = PrometheusText()
        text.family("http_requests_total", .counter, help: "The total number of HTTP requests.")
        text.sample("http_requests_total", labels: [("method", "post"), ("code", "200")], 1027)
        text.sample("http_requests_total", labels: [("method", "post"), ("code", "400")], 3)
        text.family("msdos_file_access_time_seconds", .untyped)
        text.sample(
            "msdos_file_access_time_seconds", labels: [("path", "C:\\DIR\\FILE.TXT"), ("error", "Cannot find file:\n\"FILE.TXT\"")],
            1.458255915e9)
        text.gauge("weird", help: "a \\ and\na line, \"quoted\"", -Double.infinity)
        #expect(
            text.text == #"""
                # HELP http_requests_total The total number of HTTP requests.
                # TYPE http_requests_total counter
                http_requests_total{method="post",code="200"} 1027
                http_requests_total{method="post",code="400"} 3
                # TYPE msdos_file_access_time_seconds untyped
                msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1458255915
                # HELP weird a \\ and\na line, "quoted"
                # TYPE weird gauge
                weird -Inf

                """#)
    }

    @Test(
        "numbers that JSON lacks have names",
        arguments: [(Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (0.1, "0.1"), (1e300, "1e+300"), (-3, "-3")])
    func numbers(_ value: Double, _ expected: String) {
        var text = PrometheusText()
        text.sample("x", value)
        #expect(text.text == "x \(expected)\n")
    }

    @Test("counters, gauges and recorders of swift-metrics are rendered")
    func kinds() {
        let registry = PrometheusRegistry()
        registry.describe("tasks_submitted_total", "Tasks accepted.")
        Counter(label: "tasks.submitted", dimensions: [("queue", "a"), ("class", "x")], factory: registry).increment(by: 2)
        Counter(label: "tasks.submitted", dimensions: [("class", "x"), ("queue", "a")], factory: registry).increment()
        FloatingPointCounter(label: "cpu", factory: registry).increment(by: 0.5)
        Meter(label: "active", factory: registry).increment(by: 3)
        Gauge(label: "depth", factory: registry).record(7)
        #expect(
            registry.render() == """
                # TYPE active gauge
                active 3
                # TYPE cpu_total counter
                cpu_total 0.5
                # TYPE depth gauge
                depth 7
                # HELP tasks_submitted_total Tasks accepted.
                # TYPE tasks_submitted_total counter
                tasks_submitted_total{class="x",queue="a"} 3

                """)
    }

    @Test("a timer is a histogram in seconds whose buckets add up")
    func histogram() {
        let registry = PrometheusRegistry()
        let timer = Timer(label: "task.duration", dimensions: [("type", "a")], factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(2)
        timer.recordSeconds(7)
        timer.recordSeconds(7200)
        let lines = registry.render().split(separator: "\n").map(String.init)
        #expect(lines.first == "# TYPE task_duration_seconds histogram")
        #expect(lines.contains("task_duration_seconds_bucket{type=\"a\",le=\"0.0005\"} 0"))
        #expect(lines.contains("task_duration_seconds_bucket{type=\"a\",le=\"0.001\"} 1"))
        #expect(lines.contains("task_duration_seconds_bucket{type=\"a\",le=\"0.0025\"} 2"))
        #expect(lines.contains("task_duration_seconds_bucket{type=\"a\",le=\"5\"} 2"))
        #expect(lines.contains("task_duration_seconds_bucket{type=\"a\",le=\"10\"} 3"))
        #expect(lines.contains("task_duration_seconds_bucket{type=\"a\",le=\"3600\"} 3"))
        #expect(lines.contains("task_duration_seconds_bucket{type=\"a\",le=\"+Inf\"} 4"))
        #expect(lines.contains("task_duration_seconds_sum{type=\"a\"} 7207.003"))
        #expect(lines.last == "task_duration_seconds_count{type=\"a\"} 4")
    }

    @Test("names become what Prometheus accepts, and one name has one kind")
    func names() {
        let registry = PrometheusRegistry()
        Counter(label: "9 lives-of.é", dimensions: [("a.b", "é")], factory: registry).increment()
        Meter(label: "thing", factory: registry).set(1)
        Recorder(label: "thing", factory: registry).record(5)
        let text = registry.render()
        #expect(text.contains("__lives_of___total{a_b=\"é\"} 1"))
        #expect(text.contains("# TYPE thing gauge\nthing 1\n"))
        #expect(text.contains("# TYPE thing_histogram histogram\n"))
        #expect(text.contains("thing_histogram_bucket{le=\"16\"} 1"))
    }

    @Test("a dimension with endless values cannot eat the memory")
    func bounded() {
        let registry = PrometheusRegistry()
        for number in 0..<5000 { Counter(label: "c", dimensions: [("id", "\(number)")], factory: registry).increment() }
        let lines = registry.render().split(separator: "\n")
        #expect(lines.count == PrometheusRegistry.maxSeries + 2)
        #expect(lines.contains("c_total{id=\"other\"} 4000"))
    }

    @Test("updates from many tasks are all counted")
    func concurrent() async {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "c", factory: registry)
        let timer = Timer(label: "t", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordNanoseconds(1)
                    }
                }
            }
        }
        let text = registry.render()
        #expect(text.contains("c_total 8000\n"))
        #expect(text.contains("t_seconds_count 8000\n"))
    }
}
