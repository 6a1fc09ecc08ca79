# What Sidekiq does in the tests: `sidekiq -r ./sidekiq_jobs.rb` is its worker, with REDIS_URL set.
# Each job leaves a trace in the list "trace", which the tests wait for.

require "sidekiq"
require "sidekiq/api"

# How often, in seconds, a worker looks for jobs whose time has come.
Sidekiq.options[:poll_interval_average] = 0.2

module Trace
  def trace(text)
    Sidekiq.redis { |redis| redis.rpush("trace", text) }
  end
end

class AddJob
  include Sidekiq::Worker
  include Trace

  def perform(a, b)
    trace("#{a} + #{b} = #{a + b}")
  end
end

class UrgentJob
  include Sidekiq::Worker
  include Trace
  sidekiq_options queue: "critical"

  def perform(text)
    trace("urgent #{text}")
  end
end

class StubbornJob
  include Sidekiq::Worker
  include Trace
  sidekiq_options retry: 2

  def perform(key)
    tries = Sidekiq.redis { |redis| redis.incr(key) }
    trace("try #{tries}")
    raise "not yet" if tries < 3
  end
end

class HopelessJob
  include Sidekiq::Worker
  sidekiq_options retry: 0

  def perform
    raise ArgumentError, "broken for good"
  end
end
