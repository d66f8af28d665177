"""Tests of the contract between both programs."""
