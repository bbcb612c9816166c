# Measures Sidekiq as measure.py measures the Python peers; that file explains the method.
#
#   ruby sidekiq_peer.rb [COUNT]
require "sidekiq"
require "tempfile"

ENV.fetch("REDIS_URL") # not the Redis that happens to run on this machine
Sidekiq.configure_server { |config| config.logger.level = Logger::WARN } # no two lines per job
# Debian pairs Sidekiq 6 with a redis gem that would print a warning for every job.
Redis.silence_deprecations = true if defined?(Redis) && Redis.respond_to?(:silence_deprecations=)

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)

MARKS = File.open(ENV["PEER_MARKS"] ||= Tempfile.create.path, "ab")

class Noop
  include Sidekiq::Job
  def perform
    MARKS.syswrite([now].pack("q"))
  end
end

# The starts, in nanoseconds, when there are `count` of them.
def wait_for(count, worker, interval, patience = 120)
  seen, last = -1, now
  while (size = File.size(ENV["PEER_MARKS"]) / 8) < count
    abort "the worker ended after #{size} of #{count} tasks" if Process.wait(worker, Process::WNOHANG)
    seen, last = size, now if size != seen
    abort "no further task started: #{size} of #{count}" if now - last > patience * 1_000_000_000
    sleep interval
  end
  abort "#{size} starts of #{count} tasks: some ran twice" if size > count
  File.binread(ENV["PEER_MARKS"]).unpack("q*")
end

if $PROGRAM_NAME == __FILE__
  count = Integer(ARGV[0] || 20_000)
  began = now
  count.times { Noop.perform_async }
  puts "submit   #{(count * 1e9 / (now - began)).round} tasks/s, one caller, no worker running"

  command = ["sidekiq", "-r", File.expand_path(__FILE__), "-c", ENV.fetch("CONCURRENCY", "10")]
  worker = Process.spawn(*command, out: File::NULL)
  begin
    starts = wait_for(count, worker, 0.02)
    puts "drain    #{((count - 1) * 1e9 / (starts.max - starts.min)).round} tasks/s, from the first start to the last"

    sleep 3 # the worker becomes idle
    samples = Array.new(500) do |index|
      submitted = now
      Noop.perform_async
      started = wait_for(count + index + 1, worker, 0.001).last
      sleep 0.01
      (started - submitted) / 1e6
    end.sort
    puts format("latency  p50 %.2f ms, p99 %.2f ms", samples[250], samples[495])
  ensure
    begin
      Process.kill("TERM", worker)
      Process.wait(worker)
    rescue Errno::ESRCH # it had ended
    end
    File.delete(MARKS.path)
  end
end
