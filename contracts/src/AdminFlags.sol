// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title Two marks an administrator can put on a machine's rating: a flag and an override of its trust points.
/// @notice What a mark is worth is the rating's business (docs/rating); here is only who set what, and when.
/// @dev Source: documented function names (no ABI is published); types, events and range are ours. Not upgradeable:
///      a rating service takes the address as a setting, so a successor is simply deployed.
contract AdminFlags is Ownable {
    /// @dev One slot per machine.
    struct Marks {
        uint64 flaggedAt;
        bool overrideSet;
        uint8 overrideValue;
    }

    /// @notice Highest trust override, in rating points.
    uint256 public constant MAX_TRUST_OVERRIDE = 25;

    mapping(uint256 machineId => Marks) private _marks;

    event MachineFlagged(uint256 indexed machineId, uint256 flaggedAt);
    event FlagCleared(uint256 indexed machineId, uint256 clearedAt);
    event TrustOverrideSet(uint256 indexed machineId, uint256 value, uint256 setAt);
    event TrustOverrideCleared(uint256 indexed machineId, uint256 clearedAt);

    error InvalidTrustOverride(uint256 value);

    constructor(address initialOwner) Ownable(initialOwner) {}

    /// @notice Flags a machine as of now; flagging again starts the time anew. Owner only. Source: documented.
    function flagMachine(uint256 machineId) external onlyOwner {
        _marks[machineId].flaggedAt = uint64(block.timestamp);
        emit MachineFlagged(machineId, block.timestamp);
    }

    /// @notice Takes the flag away. Owner only. Source: documented.
    function clearFlag(uint256 machineId) external onlyOwner {
        _marks[machineId].flaggedAt = 0;
        emit FlagCleared(machineId, block.timestamp);
    }

    /// @notice Replaces the machine's trust points by `value`, 0 to 25. Owner only. Source: documented; range ours.
    function setTrustOverride(uint256 machineId, uint256 value) external onlyOwner {
        require(value <= MAX_TRUST_OVERRIDE, InvalidTrustOverride(value));
        Marks storage marks = _marks[machineId];
        marks.overrideSet = true;
        marks.overrideValue = uint8(value);
        emit TrustOverrideSet(machineId, value, block.timestamp);
    }

    /// @notice Lets the computed trust points count again. Owner only. Source: documented.
    function clearTrustOverride(uint256 machineId) external onlyOwner {
        Marks storage marks = _marks[machineId];
        marks.overrideSet = false;
        marks.overrideValue = 0;
        emit TrustOverrideCleared(machineId, block.timestamp);
    }

    /// @notice Unix seconds at which the machine was flagged, 0 when it is not. Source: ours.
    function flaggedAt(uint256 machineId) external view returns (uint256) {
        return _marks[machineId].flaggedAt;
    }

    /// @notice Whether an override is set, and its value. Source: ours.
    function trustOverrideOf(uint256 machineId) external view returns (bool set, uint256 value) {
        Marks storage marks = _marks[machineId];
        return (marks.overrideSet, marks.overrideValue);
    }
}
