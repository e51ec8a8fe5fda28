"""Conformance: does a program keep to what the vendor documents?"""
